## Những việc đã xảy ra, kể bằng lời (nhật ký của một hồ sơ)

event-episode_registered = Vào sổ: { $kind }
event-contact_attempted = { $by }: { $outcome }
event-contact_attempted-told = Đã dặn: { $told }
event-contact_attempted-all = Đã dặn đủ bốn điều
event-phone_wrong = Đánh dấu số điện thoại sai
event-home_placed = Cả nhà được xếp vào nhóm
event-homes_placed = Xếp { $homes } hộ vào nhóm
event-group_opened = Lập nhóm { $audience }
event-episode_ended = Kết thúc theo dõi: { $outcome }
event-episode_reopened = Mở lại hồ sơ
event-severity_set = Đánh giá mức độ: { $level }
event-test_recorded = Xét nghiệm { $kind }: { $result }
event-arrangement_set = Cách giữ liên lạc: { $arrangement }
event-person_edited = Sửa hồ sơ
event-person_merged = Gộp hai hồ sơ
event-episode_voided = Huỷ hồ sơ nhập nhầm
event-assigned = Giao cho người chăm sóc
event-unknown = Việc khác ({ $kind })
event-late = lập { $made }, nhận { $received }
origin-web = trên web
origin-api = qua phần mềm khác
origin-import = nhập danh sách
origin-clock = đồng hồ
origin-cli = lệnh của người quản trị
origin-demo = bản demo
origin-seed = dữ liệu ban đầu
