//! Names of made-up people, in the habits of Lai Châu and of Biên Hòa, and the dice that choose them. Given names that
//! stand in the sample lists are left out, so that no made-up person is one of theirs.

/// Dice from a seed: the same demo every time.
#[derive(Clone, Copy, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// SplitMix64 (Steele, Lea, Flood 2014).
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to below `n`.
    pub fn below(&mut self, n: i64) -> i64 {
        (self.roll() % n.max(1) as u64) as i64
    }

    pub fn percent(&mut self, p: i64) -> bool {
        self.below(100) < p
    }

    pub fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from.get(self.below(from.len() as i64) as usize).copied().unwrap_or("")
    }
}

const HIGHLAND: &[(&str, &[&str], &[&str])] = &[
    ("Lò Văn", &["Pản", "Hặc", "Chiêng", "Muôn", "Tướng", "Ín", "Piềng", "Thoong"], &[]),
    ("Lò Thị", &[], &["Pâng", "Inh", "Chựa", "Pỏm", "Phương", "Hoan", "Xoan", "Kẻo"]),
    ("Vàng A", &["Dình", "Lềnh", "Tráng", "Sùng", "Vảng", "Chứ", "Giống", "Phủa"], &[]),
    ("Vàng Thị", &[], &["Chía", "Sua", "Dợ", "Mai", "Pàng", "Xông"]),
    ("Giàng A", &["Sử", "Lử", "Chớ", "Nủ", "Phình", "Câu", "Thái"], &[]),
    ("Giàng Thị", &[], &["Chá", "Mò", "Sáy", "Dúa", "Ly", "Cúc"]),
    ("Phàn Văn", &["Quẩy", "Sính", "Chòi", "Lụa", "Mìn"], &[]),
    ("Tẩn Thị", &[], &["Mẩy", "Sử", "Phẩm", "Nhàn", "Quyên"]),
    ("Lỳ Xá", &["Pu", "Hừ", "Cà", "Lòng", "Nhù"], &[]),
    ("Pờ Mì", &[], &["Lế", "Xá", "Dé", "Nu", "Chừ"]),
    ("Chang Gió", &["Cà", "Xú", "Hừ", "Nhù"], &[]),
    ("Khoàng Thị", &[], &["Én", "Thanh", "Hiền", "Loan"]),
    ("Nùng Văn", &["Nao", "Siêu", "Hòa", "Định"], &[]),
    ("Ly Thị", &[], &["Xuân", "Bích", "Hằng", "Duyên"]),
];

const LOWLAND: &[(&str, &[&str], &[&str])] = &[
    ("Nguyễn Văn", &["Thịnh", "Lộc", "Kiên", "Tài", "Trí", "Vinh", "Toàn", "Nhân"], &[]),
    ("Nguyễn Thị Kim", &[], &["Yến", "Loan", "Thoa", "Cúc", "Xuyến", "Liên"]),
    ("Trần Quang", &["Huy", "Vũ", "Khải", "Tuyến", "Minh"], &[]),
    ("Trần Thị Mỹ", &[], &["Duyên", "Lệ", "Hiền", "Uyên", "Linh"]),
    ("Lê Hoàng", &["Phát", "Nghĩa", "Bảo", "Quý", "Thắng"], &[]),
    ("Phạm Thị Hồng", &[], &["Nga", "Vân", "Đào", "Thắm", "Cẩm"]),
    ("Huỳnh Tấn", &["Lợi", "Đạt", "Phong", "Tâm"], &[]),
    ("Võ Thị Thanh", &[], &["Tâm", "Thúy", "Hằng", "Trúc"]),
    ("Bùi Đình", &["Chiến", "Hưng", "Khôi"], &[]),
    ("Đoàn Thị", &[], &["Sen", "Mận", "Hường", "Lụa"]),
];

/// A made-up name and whether it is a man's.
pub fn person(dice: &mut Dice, highland: bool) -> (String, bool) {
    let list = if highland { HIGHLAND } else { LOWLAND };
    let (family, men, women) = list[dice.below(list.len() as i64) as usize];
    let male = women.is_empty();
    let given = dice.pick(if male { men } else { women });
    (format!("{family} {given}"), male)
}

/// Names of hamlets for communes that have no list of their own.
pub const HAMLETS: &[&str] =
    &["Bản Nà Hừ", "Bản Phiêng Khon", "Bản Huổi Tát", "Bản Pa Thắng", "Bản Nậm Pục", "Bản Can Hồ"];
