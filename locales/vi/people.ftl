## Danh sách người bệnh

people-search = Tìm tên hoặc số điện thoại
people-state = Tình trạng
people-state-open = Đang theo dõi
people-state-closed = Đã kết thúc
people-state-all = Tất cả
people-show = Chỉ xem
people-show-all = Mọi người
people-show-waiting = Chưa liên lạc lần đầu
people-show-unassessed = Chưa đánh giá mức độ
people-show-no_phone = Không có điện thoại
people-none-found = Không tìm thấy ai
people-none-found-words = Thử gõ ít chữ hơn, không cần dấu, hoặc bỏ bớt điều kiện lọc.
people-all = Xem tất cả
people-none = Chưa có ai đang theo dõi ở đây
people-none-words = Khi có người mới, họ hiện ở đây.
people-range = Người { $from } đến { $to }
people-count = { $n } người
figures-no-people = Vai của anh/chị chỉ xem được con số, không xem tên.
figures-none = Con số này là 0: không có ai.
figures-of = { $part } trên { $whole }
