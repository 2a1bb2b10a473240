## Chữ chung của các biểu mẫu

form-refused = Chưa làm được
form-one-fault = Có 1 chỗ cần sửa
form-faults = Có { $n } chỗ cần sửa
form-optional = không bắt buộc
form-none-if-none = để trống nếu không có
form-unknown = Chưa rõ
form-none = Không có
form-choose = Chọn…
form-all = Tất cả
form-yes = Có
form-no = Không
form-reason = Lý do
