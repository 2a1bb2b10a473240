## Chưa được quản lý, giám sát

coverage-title = Chưa được quản lý, giám sát
coverage-checked = kiểm lúc
coverage-one = 1 người chưa được quản lý đầy đủ
coverage-n = { $n } người chưa được quản lý đầy đủ
coverage-oldest = Lâu nhất: { $time }.
coverage-oldest-short = lâu nhất { $time }
coverage-none = Không ai bị bỏ sót
coverage-none-words = Mọi người đang theo dõi đều có nhóm, có trưởng nhóm, có người trực và có cách liên lạc.
coverage-kinds = Lọc theo loại
coverage-all = Tất cả
coverage-tick = Chọn { $name }
coverage-age = đã { $time }
coverage-assign = Giao
coverage-give-to = Giao cho
coverage-assign-ticked = Giao những người đã chọn
coverage-below = Theo từng nơi
coverage-unit-clear = không ai bị bỏ sót
gap-mend-unplaced = Hộ chưa thuộc nhóm nào. Ghi cụm dân cư, hoặc xếp vào một nhóm.
gap-mend-no_leader = Nhóm phải có trưởng nhóm. Mở nhóm và chọn người.
gap-mend-nobody_on_duty = Không ai trong nhóm đang trực. Gọi trưởng nhóm, hoặc giao người khác.
gap-mend-unreachable = Không còn số nào gọi được. Tìm số khác, hoặc đặt người đến thăm.
gap-mend-no_second_visitor = Cần một người nữa để thay khi người đến thăm vắng.
gap-mend-alarm_unacknowledged = Có dấu hiệu nguy hiểm mà quá giờ chưa ai nhận. Gọi ngay.
gap-mend-first_contact_overdue = Quá giờ mà chưa ai gặp và dặn đủ. Gọi ngay, hoặc giao người đến nhà.
gap-mend-no_cluster = Chưa rõ ở bản, khu phố nào nên đang ở nhóm chung của xã. Hỏi lại và sửa địa chỉ.
gap-mend-no_hours_set = Chưa đặt số giờ phải liên lạc lần đầu nên không có đồng hồ. Đặt trong Cài đặt.
