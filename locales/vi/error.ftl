## Trang báo lỗi

error-401 = Cần đăng nhập lại
error-401-words = Phiên làm việc đã hết. Đăng nhập lại rồi làm tiếp.
error-404 = Không có trang này ở đây
error-404-words = Có thể đường dẫn đã đổi, hoặc việc này không thuộc địa bàn của anh/chị.
error-409 = Chưa làm được lúc này
error-409-words = Có người vừa thay đổi, hoặc hồ sơ đang ở trạng thái khác. Tải lại trang và xem lại.
error-413 = Tệp lớn quá
error-413-words = Chia danh sách thành nhiều tệp nhỏ hơn rồi thử lại.
error-422 = Có chỗ chưa đọc được
error-422-words = Quay lại trang trước và xem chỗ được đánh dấu đỏ.
error-429 = Nhanh quá
error-429-words = Xin đợi một chút rồi thử lại.
error-500 = Phần mềm gặp trục trặc
error-500-words = Điều vừa nhập có thể chưa được lưu. Quay lại xem; nếu chưa có thì nhập lại, không sợ bị tính hai lần.
error-503 = Đang rất đông
error-503-words = Điều vừa nhập chưa được lưu. Trang tự thử lại sau ít giây.
error-retry = Thử lại sau { $n } giây.
error-reference = Khi báo người quản trị, xin đọc mã này:
error-back = Quay lại
