//! Renders every page with made-up people, in both languages, as files to look at:
//! `cargo run -p views --example gallery -- OUTDIR`.

use std::error::Error;
use std::path::{Path, PathBuf};

use rules::{At, Day, EpisodeKind, Role, Zone};
use views::pages::{
    admin::*, contact::*, coverage::*, demo::*, error::*, figures::*, groups::*, household::*, import::*,
    login::*, looked::*, overview::*, people::*, person::*, person_care::*, person_edit::*, person_end::*,
    register::*, report::*, reports::*, work::*,
};
use views::{
    Choice, Demo, EmergencyNumber, Flash, Form, Lang, Link, Nav, NavCounts, Page, Paging, PersonHead,
    PhoneLine, Shell, Tone, When, Who, formats, t, t_args,
};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(std::env::args().nth(1).ok_or("say where to: gallery OUTDIR")?);
    std::fs::create_dir_all(&out)?;
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/assets");
    for file in ["kb.css", "app.js"] {
        if assets.join(file).exists() {
            std::fs::copy(assets.join(file), out.join(file))?;
        }
    }
    for lang in Lang::ALL {
        for (name, html) in Scene::new(*lang).pages() {
            std::fs::write(out.join(format!("{}-{name}.html", lang.code())), html)?;
        }
    }
    Ok(())
}

struct Scene {
    lang: Lang,
    zone: Zone,
    now: At,
    today: Day,
}

fn at(text: &str) -> At {
    At::parse(text).unwrap_or(At(0))
}

fn link(href: &str, label: &str) -> Link {
    Link { href: href.to_owned(), label: label.to_owned() }
}

fn s(text: &str) -> String {
    text.to_owned()
}

impl Scene {
    fn new(lang: Lang) -> Scene {
        let zone = Zone::default();
        let now = at("2022-03-16T10:42:00+07:00");
        Scene { lang, today: now.day(&zone), zone, now }
    }

    fn t(&self, key: &str) -> String {
        t(self.lang, key)
    }

    /// Vietnamese and English in the samples themselves.
    fn or(&self, vi: &str, en: &str) -> String {
        match self.lang {
            Lang::Vi => vi.to_owned(),
            Lang::En => en.to_owned(),
        }
    }

    fn when(&self, text: &str) -> When {
        formats::when(self.lang, at(text), self.now, &self.zone)
    }

    fn due(&self, text: &str) -> Option<views::Countdown> {
        Some(formats::countdown(self.lang, at(text), self.now, &self.zone))
    }

    fn age(&self, years: i64) -> String {
        t_args(self.lang, "age-years", &[("n", &years.to_string())])
    }

    fn tag(&self, kind: EpisodeKind, day: i64) -> String {
        formats::day_tag(self.lang, kind, Some(day))
    }

    fn phone(&self, e164: &str) -> PhoneLine {
        PhoneLine {
            shown: formats::phone(e164),
            e164: s(e164),
            state: self.t("point-state-active"),
            is_wrong: false,
            note: None,
        }
    }

    fn bare(&self, title: &str) -> Shell {
        Shell {
            lang: self.lang,
            title: s(title),
            csrf: s("c"),
            form_key: s("k"),
            demo: Some(Demo { clock: formats::clock(self.lang, self.now, &self.zone) }),
            now: self.now.rfc3339(&self.zone),
            lang_href: s("/lang?to=en&back=%2Fwork"),
            here: s("/work"),
            css: s("kb.css"),
            js: s("app.js"),
            ..Shell::default()
        }
    }

    fn shell(&self, role: Role, nav: Nav, title: &str) -> Shell {
        let counts = NavCounts {
            work: Some(s("10")),
            people: Some(s("88")),
            groups: Some(s("3")),
            coverage: Some(s("4")),
            alerts: Some(s("2")),
            alerts_wait: true,
            threads: Some(s("2")),
            threads_late: true,
        };
        let (name, area, duty) = match role {
            Role::Carer => ("Pờ Thị Lế", "bản Nậm Hãn, xã Mường Tè", Some(true)),
            Role::StationLeader => ("Lò Văn Thành", "xã Mường Tè", Some(true)),
            Role::Clerk => ("Vàng Thị Lan", "xã Mường Tè", Some(false)),
            Role::ProvinceOfficer => ("Hoàng Thị Nga", "tỉnh Lai Châu", None),
            Role::DistrictOfficer => ("Nguyễn Văn Bình", "huyện Mường Tè", None),
            _ => ("Trần Quốc Đệ", "xã Mường Tè", None),
        };
        Shell {
            who: Some(Who {
                name: s(name),
                role_label: views::name(self.lang, role),
                area_label: s(area),
                on_duty: duty,
            }),
            nav,
            items: views::shell::menu(role, &counts),
            ..self.bare(title)
        }
    }

    fn chan(&self) -> PersonHead {
        PersonHead {
            episode: s("e73"),
            name: s("Tẩn Mý Chản"),
            age: self.age(82),
            sex: self.t("sex-female"),
            tag: self.tag(EpisodeKind::Case, 5),
            state: self.t("episode-state-open"),
            is_open: true,
            is_case: true,
            severity: Some(self.t("severity-unassessed")),
            severity_word: s("unassessed"),
            address: s("nhà 73, bản Nậm Hãn"),
            area: s("xã Mường Tè"),
        }
    }

    fn su(&self) -> PersonHead {
        PersonHead {
            episode: s("e74"),
            name: s("Giàng A Sử"),
            age: self.age(12),
            sex: self.t("sex-male"),
            tag: self.tag(EpisodeKind::Contact, 5),
            severity: None,
            is_case: false,
            ..self.chan()
        }
    }

    fn emergency(&self) -> Vec<EmergencyNumber> {
        let number = |vi: &str, en: &str, dial: &str, shown: &str| EmergencyNumber {
            label: self.or(vi, en),
            shown: s(shown),
            dial: s(dial),
        };
        vec![
            number("Xe của xã (anh Páo)", "The commune's car (Páo)", "+84988921558", "0988 921 558"),
            number(
                "Bệnh viện huyện Mường Tè",
                "Mường Tè district hospital",
                "+842133881234",
                "0213 388 1234",
            ),
            number("Cấp cứu 115", "Ambulance 115", "115", "115"),
        ]
    }

    fn paging(&self) -> Option<Paging> {
        Some(Paging {
            words: t_args(self.lang, "people-range", &[("from", "51"), ("to", "100")]),
            previous: Some(s("#")),
            next: Some(s("#")),
        })
    }

    fn clock(&self, now: Option<i64>) -> Option<DeadlineClock> {
        Some(DeadlineClock::of(
            self.lang,
            now,
            &[
                (660, self.t("report-mark-commune")),
                (720, self.t("report-mark-lock")),
                (900, self.t("report-mark-district")),
            ],
        ))
    }

    fn work_cards(&self) -> Vec<WorkSection> {
        let lang = self.lang;
        let card = |episode: &str, name: &str, age: i64, kind, day| WorkCard {
            episode: s(episode),
            name: s(name),
            age: self.age(age),
            tag: self.tag(kind, day),
            ..WorkCard::default()
        };
        vec![
            WorkSection {
                urgency: Urgency::Overdue,
                cards: vec![
                    WorkCard {
                        why: vec![Why::Tried { times: 2, last: rules::AttemptOutcome::NoAnswer }.words(lang)],
                        detected: Some(self.when("2022-03-16T03:20:00+07:00")),
                        due: self.due("2022-03-16T09:20:00+07:00"),
                        address: s("nhà 57, bản Nậm Hãn"),
                        others: Some(self.or("2 người cùng nhà", "2 more at home")),
                        phone: Some(self.phone("+84988921558")),
                        facts: vec![
                            self.or("thai 36 tuần", "36 weeks pregnant"),
                            self.or("nói tiếng Hà Nhì", "speaks Hà Nhì"),
                        ],
                        ..card("e1", "Pờ Go Lòng", 31, EpisodeKind::Case, 2)
                    },
                    WorkCard {
                        why: vec![
                            Why::NotAdvised {
                                missing: vec![Tick::Number.missing(lang), Tick::Responsible.missing(lang)],
                            }
                            .words(lang),
                        ],
                        detected: Some(self.when("2022-03-15T22:10:00+07:00")),
                        due: self.due("2022-03-16T04:10:00+07:00"),
                        address: s("nhà 5, bản Nậm Hãn"),
                        phone: Some(self.phone("+84965478854")),
                        task: TaskLine::Theirs(self.or("Đức nhận lúc 08:12", "Đức took it at 08:12")),
                        facts: vec![self.t("risk-diabetes")],
                        ..card("e2", "Lý Thị Tuyết", 48, EpisodeKind::Case, 6)
                    },
                ],
            },
            WorkSection {
                urgency: Urgency::Soon,
                cards: vec![WorkCard {
                    why: vec![Why::NobodyTried.words(lang)],
                    detected: Some(self.when("2022-03-16T05:30:00+07:00")),
                    due: self.due("2022-03-16T11:30:00+07:00"),
                    address: s("nhà 76, bản Nậm Hãn"),
                    phone: Some(self.phone("+84838136758")),
                    facts: vec![self.t("risk-lung")],
                    ..card("e3", "Đặng Đức Khoa", 60, EpisodeKind::Case, 7)
                }],
            },
            WorkSection {
                urgency: Urgency::Visit,
                cards: vec![WorkCard {
                    why: vec![
                        Why::NoPhone.words(lang),
                        Why::Gap(rules::GapKind::NoSecondVisitor).words(lang),
                    ],
                    due: self.due("2022-03-16T14:00:00+07:00"),
                    address: s("nhà 73, bản Nậm Hãn"),
                    others: Some(self.or("2 người cùng nhà", "2 more at home")),
                    facts: vec![self.t("risk-diabetes"), self.or("chưa tiêm", "not vaccinated")],
                    ..card("e73", "Tẩn Mý Chản", 82, EpisodeKind::Case, 5)
                }],
            },
            WorkSection {
                urgency: Urgency::Waiting,
                cards: vec![
                    WorkCard {
                        why: vec![Why::NobodyTried.words(lang)],
                        due: self.due("2022-03-16T16:05:00+07:00"),
                        address: s("nhà 24, bản Nậm Hãn"),
                        phone: Some(self.phone("+84838540664")),
                        ..card("e5", "Lỳ Mò Xe", 8, EpisodeKind::Contact, 1)
                    },
                    WorkCard {
                        why: vec![Why::DeclaredByList.words(lang)],
                        address: s("nhà 12, bản Nậm Hãn"),
                        phone: Some(self.phone("+84912345678")),
                        ..card("e6", "Nguyễn Thị Hoài Thương", 29, EpisodeKind::Contact, 3)
                    },
                ],
            },
        ]
    }

    fn counters(&self, current: Option<Urgency>) -> Vec<Counter> {
        [(Urgency::Overdue, "2"), (Urgency::Soon, "1"), (Urgency::Waiting, "6"), (Urgency::Visit, "1")]
            .into_iter()
            .map(|(urgency, n)| Counter {
                urgency,
                n: s(n),
                href: format!("/work?show={}", urgency.word()),
                is_current: current == Some(urgency),
            })
            .collect()
    }

    fn work(&self) -> WorkPage {
        WorkPage {
            shell: self.shell(Role::Carer, Nav::Work, &self.t("nav-work")),
            day: formats::weekday_date(self.lang, self.today),
            area: s("bản Nậm Hãn, xã Mường Tè"),
            left: 10,
            hours: Some(s("6")),
            counters: self.counters(None),
            sections: self.work_cards(),
            printed_by: s("Pờ Thị Lế, 16/3/2022 10:42"),
            ..WorkPage::default()
        }
    }

    fn contact(&self, after_call: bool) -> ContactPage {
        ContactPage {
            shell: self.shell(Role::Carer, Nav::Work, &self.t("contact-title")),
            person: self.chan(),
            form: Form::of([("by", "visit"), ("household", "1")]),
            after_call,
            phones: vec![],
            household: vec![
                format!("Giàng A Páo, {}, F1", self.age(51)),
                format!("Giàng A Sử, {}, F1", self.age(12)),
            ],
            ticks: Tick::lines(self.lang, |tick| {
                (tick == Tick::DangerSigns).then(|| self.or("chị Lế đã dặn, 08:24", "explained by Lế, 08:24"))
            }),
            responsible: Some(Responsible {
                name: self.or("chị Pờ Lế", "Pờ Lế"),
                role: self.or("y tế thôn bản", "village health worker"),
                phone: Some(self.phone("+84912345678")),
            }),
            emergency: self.emergency(),
            promise: Some(Promise {
                who: self.or("Chị Lế", "Lế"),
                whom: formats::kinship(self.lang, Some(82), rules::Sex::Female),
                before: self.when("2022-03-16T14:00:00+07:00"),
                is_late: false,
            }),
            next: s("/work"),
        }
    }

    fn register_form(&self) -> Form {
        Form::of([
            ("full_name", "Nguyễn Ngọc Ẩn"),
            ("kind", "case"),
            ("phone", "0912 345 67"),
            ("birth_date", "1993"),
            ("sex", "female"),
            ("cluster", "nam-han"),
            ("address", "nhà 81"),
            ("detected_on", "18/3/2022"),
            ("household_kind", "house"),
        ])
    }

    fn clusters(&self) -> Vec<Choice> {
        ["Bản Nậm Củm", "Bản Nậm Hãn", "Bản Giẳng", "Bản Pắc Ma", "Bản Bó"]
            .iter()
            .map(|name| Choice::new(if *name == "Bản Nậm Hãn" { "nam-han" } else { *name }, *name))
            .collect()
    }

    fn register(&self, bad: bool) -> RegisterPage {
        let mut form = self.register_form();
        if bad {
            form = form
                .fault("phone", self.t("refusal-bad_phone"))
                .fault("detected_on", self.t("refusal-in_future"));
        }
        RegisterPage {
            shell: self.shell(Role::Clerk, Nav::Register, &self.t("register-title")),
            form,
            clusters: self.clusters(),
            ..RegisterPage::default()
        }
    }

    fn candidates(&self) -> Vec<Candidate> {
        use rules::registration::Reason;
        vec![Candidate {
            episode: s("e9"),
            name: s("Nguyễn Ngọc An"),
            facts: format!("{}, {} · nhà 18, bản Nậm Hãn · F0", self.age(29), self.t("sex-female")),
            reasons: vec![reason(self.lang, Reason::NameClose), reason(self.lang, Reason::SamePhone)],
        }]
    }

    fn household(&self) -> HouseholdPage {
        HouseholdPage {
            shell: self.shell(Role::Clerk, Nav::Register, &self.t("household-title")),
            form: Form::of([
                ("address", "nhà 73"),
                ("cluster", "nam-han"),
                ("detected_on", "16/3/2022"),
                ("household_kind", "house"),
                ("full_name_1", "Tẩn Mý Chản"),
                ("birth_1", "1940"),
                ("sex_1", "female"),
                ("full_name_2", "Giàng A Páo"),
                ("birth_2", "2071"),
                ("sex_2", "male"),
                ("full_name_3", "Giàng A Sử"),
                ("birth_3", "2010"),
            ])
            .fault("birth_2", self.t("refusal-birth_in_future")),
            clusters: self.clusters(),
            rows: 4,
            ..HouseholdPage::default()
        }
    }

    fn import_result(&self, dry: bool) -> ImportResultPage {
        let row = |row: &str, number: &str, code: &str, value: &str| RowLine {
            sheet: String::new(),
            row: s(row),
            number: s(number),
            reason: reason_words(self.lang, code, value),
        };
        let placed = |cluster: &str, group: &str, households: &str, people: &str, new: bool| PlacedLine {
            cluster: s(cluster),
            group: link("/groups/1", group),
            households: s(households),
            people: s(people),
            is_new_group: new,
        };
        ImportResultPage {
            shell: Shell {
                flash: (!dry).then(|| {
                    Flash::ok(
                        self.or("Đã nhập 69 người của 42 hộ.", "69 people of 42 households were imported."),
                    )
                }),
                ..self.shell(Role::Clerk, Nav::Import, &self.t("import-title"))
            },
            id: s("7"),
            file: s("danh-sach-muong-te.csv"),
            area: s("xã Mường Tè"),
            by: s("Vàng Thị Lan"),
            when: self.when("2022-03-16T07:31:00+07:00"),
            is_dry: dry,
            sheets: vec![s("danh-sach-muong-te.csv")],
            people: s("69"),
            households: s("42"),
            created: s("69"),
            updated: s("0"),
            refused_count: s("5"),
            asked_count: s("2"),
            placed: vec![
                placed("Bản Nậm Hãn", "Nhóm F0 Mường Tè 1", "14", "25", false),
                placed("Bản Giẳng", "Nhóm F0 Mường Tè 2", "11", "19", true),
                placed("Bản Bó", "Nhóm F0 Mường Tè 2", "17", "25", true),
            ],
            refused: vec![
                row("71", "70", "no_name", ""),
                row("72", "71", "birth_in_future", "2031"),
                row("73", "72", "impossible_date", "31/02/2022"),
                row("74", "73", "unknown_cluster", "Bản Không Có"),
                row("75", "74", "duplicate", "Tẩn Mý Chản, 1940, nhà 73"),
            ],
            asked: vec![row("18", "17", "bad_phone", "70467833"), row("40", "39", "no_cluster", "")],
            has_refused_file: true,
            can_undo: !dry,
            people_href: s("/people"),
            ..ImportResultPage::default()
        }
    }

    fn person(&self) -> PersonPage {
        let lang = self.lang;
        let fact = |key: &str, words: &str| Fact { label: self.t(key), words: s(words) };
        let day = formats::weekday_date(lang, self.today);
        let line = |time: &str, day: &str, kind: &str, header: &str, who: &str, tone| {
            let (what, detail) = views::events::describe(lang, kind, header);
            TimelineLine {
                when: self.when(time),
                day: s(day),
                what,
                detail,
                who: s(who),
                origin: views::events::origin(lang, "web"),
                tone,
                late: None,
            }
        };
        let before = formats::weekday_date(lang, self.today.plus(-5));
        PersonPage {
            shell: self.shell(Role::StationLeader, Nav::People, &self.t("person-facts")),
            person: self.chan(),
            facts: vec![
                fact("person-birth", "1940"),
                fact("person-doses", "0"),
                fact("person-risks", &self.t("risk-diabetes")),
                fact("person-language", &self.or("tiếng Hà Nhì", "Hà Nhì")),
                fact("person-can-read", &self.t("form-no")),
                fact("person-source", &self.t("detection-source-managed_contact")),
                fact("person-day-zero", "11/3/2022"),
            ],
            first_contact: FirstContactCard {
                steps: vec![
                    Step {
                        label: self.t("person-step-placed"),
                        detail: s("07:31"),
                        is_done: true,
                        is_current: false,
                    },
                    Step {
                        label: self.t("person-step-in"),
                        detail: s("07:52"),
                        is_done: true,
                        is_current: false,
                    },
                    Step { label: self.t("person-step-advised"), is_current: true, ..Step::default() },
                ],
                due: self.due("2022-03-16T14:00:00+07:00"),
                ticks: self.contact(false).ticks,
                ..FirstContactCard::default()
            },
            promise: self.contact(false).promise,
            gaps: vec![GapLine {
                what: self.t("gap-kind-no_second_visitor"),
                since: self.when("2022-03-16T07:31:00+07:00"),
                owner: s("Lò Văn Thành"),
                mend: Some(link("/people/e73/arrangement", &self.t("act-change"))),
            }],
            arrangement: Some(self.t("arrangement-visitor")),
            visitors: vec![self.or("Pờ Thị Lế, y tế thôn bản", "Pờ Thị Lế, village health worker")],
            household: HouseholdCard {
                address: s("nhà 73, bản Nậm Hãn"),
                kind: self.t("household-kind-house"),
                members: vec![
                    Member {
                        name: s("Tẩn Mý Chản"),
                        age: self.age(82),
                        tag: self.tag(EpisodeKind::Case, 5),
                        tone: Tone::Warn,
                        state: self.t("first-contact-reached"),
                        ..Member::default()
                    },
                    Member {
                        href: Some(s("/people/e74")),
                        name: s("Giàng A Sử"),
                        age: self.age(12),
                        tag: self.tag(EpisodeKind::Contact, 5),
                        tone: Tone::Plain,
                        state: self.t("first-contact-waiting"),
                    },
                ],
                add_href: Some(s("/register/household?household_id=h73")),
            },
            group: Some(GroupCard {
                href: s("/groups/1"),
                name: s("Nhóm F0 Mường Tè 1"),
                leader: Some(s("Lò Văn Thành")),
                carer: Some(s("Pờ Thị Lế")),
                on_duty: t_args(lang, "groups-on-duty", &[("n", "2")]),
            }),
            acts: PersonActs {
                contact: true,
                checkin: true,
                edit: true,
                severity: true,
                arrangement: true,
                convert: false,
                release: true,
                test: true,
                end: true,
                reopen: false,
                void: true,
                merge: true,
                link: true,
                thread: true,
                looked: true,
            },
            timeline: vec![
                TimelineLine {
                    late: Some(t_args(lang, "event-late", &[("made", "08:12"), ("received", "08:24")])),
                    ..line(
                        "2022-03-16T08:12:00+07:00",
                        &day,
                        "contact_attempted",
                        "by=visit outcome=reached ticks=1 state=reached",
                        "Pờ Thị Lế",
                        Tone::Ok,
                    )
                },
                line(
                    "2022-03-16T07:52:00+07:00",
                    &day,
                    "arrangement_set",
                    "arrangement=visitor",
                    "Vàng Thị Lan",
                    Tone::Plain,
                ),
                line("2022-03-16T07:31:00+07:00", &day, "home_placed", "", "Vàng Thị Lan", Tone::Plain),
                TimelineLine {
                    origin: views::events::origin(lang, "import"),
                    ..line(
                        "2022-03-16T07:31:00+07:00",
                        &day,
                        "episode_registered",
                        "kind=case",
                        "Vàng Thị Lan",
                        Tone::Brand,
                    )
                },
                line(
                    "2022-03-11T09:00:00+07:00",
                    &before,
                    "test_recorded",
                    "kind=rapid result=positive witness=staff",
                    "Lò Văn Thành",
                    Tone::Warn,
                ),
            ],
            ..PersonPage::default()
        }
    }

    fn rows(&self) -> Vec<PersonRow> {
        let row = |episode: &str, name: &str, age, kind, day, address: &str, phone: &str| PersonRow {
            episode: s(episode),
            name: s(name),
            age: self.age(age),
            tag: self.tag(kind, day),
            address: s(address),
            phone: s(phone),
            ..PersonRow::default()
        };
        vec![
            PersonRow {
                state: self.t("severity-unassessed"),
                due: self.due("2022-03-16T14:00:00+07:00"),
                gaps: Some(self.t("gap-kind-no_second_visitor")),
                ..row("e73", "Tẩn Mý Chản", 82, EpisodeKind::Case, 5, "nhà 73, bản Nậm Hãn", "")
            },
            PersonRow {
                state: self.t("severity-moderate"),
                tone: Tone::Warn,
                ..row("e2", "Lý Thị Tuyết", 48, EpisodeKind::Case, 6, "nhà 5, bản Nậm Hãn", "0965 478 854")
            },
            PersonRow {
                state: self.t("severity-mild"),
                ..row("e3", "Đặng Đức Khoa", 60, EpisodeKind::Case, 7, "nhà 76, bản Nậm Hãn", "0838 136 758")
            },
            PersonRow {
                due: self.due("2022-03-16T10:02:00+07:00"),
                ..row(
                    "e6",
                    "Nguyễn Thị Hoài Thương",
                    29,
                    EpisodeKind::Contact,
                    3,
                    "phòng 12, nhà trọ Bình An, khu phố 3",
                    "0912 345 678",
                )
            },
        ]
    }

    fn groups(&self) -> Vec<GroupLine> {
        let group =
            |name: &str, audience: &str, clusters: &str, households, duty, leader: Option<&str>| GroupLine {
                href: s("/groups/1"),
                name: s(name),
                audience: s(audience),
                area: String::new(),
                clusters: s(clusters),
                households,
                capacity: 100,
                people: s("131"),
                leader: leader.map(s),
                carers: t_args(self.lang, "groups-carers-n", &[("n", "3")]),
                on_duty: duty,
            };
        vec![
            group("Nhóm F0 Mường Tè 1", "F0", "bản Nậm Hãn, bản Nậm Củm", 58, 2, Some("Lò Văn Thành")),
            group("Nhóm F0 Mường Tè 2", "F0", "bản Giẳng, bản Pắc Ma, bản Bó", 100, 1, Some("Lò Văn Thành")),
            group("Nhóm F1 Mường Tè", "F1", "cả xã", 41, 0, None),
        ]
    }

    fn group(&self) -> GroupPage {
        let card = |name: &str, role: &str, phone: &str, duty| StaffCard {
            id: s("s1"),
            name: s(name),
            role: s(role),
            phone: Some(self.phone(phone)),
            on_duty: duty,
            load: Some(t_args(self.lang, "groups-staff-load", &[("groups", "2"), ("households", "158")])),
        };
        GroupPage {
            shell: self.shell(Role::StationLeader, Nav::Groups, "Nhóm F0 Mường Tè 1"),
            id: s("1"),
            group: self.groups().remove(0),
            leader: Some(card("Lò Văn Thành", &self.t("role-station_leader"), "+84912000111", true)),
            carers: vec![
                card("Pờ Thị Lế", &self.or("y tế thôn bản", "village health worker"), "+84912345678", true),
                card("Nguyễn Văn Đức", &self.t("role-carer"), "+84988123456", false),
            ],
            cluster_names: vec![s("Bản Nậm Hãn"), s("Bản Nậm Củm")],
            can_set: true,
            leader_choices: vec![Choice::new("s1", "Lò Văn Thành"), Choice::new("s2", "Nguyễn Văn Đức")],
            carer_choices: vec![
                CarerChoice {
                    value: s("s3"), label: s("Pờ Thị Lế"), hint: s("58 hộ"), is_chosen: true
                },
                CarerChoice {
                    value: s("s4"),
                    label: s("Giàng Thị Dợ"),
                    hint: String::new(),
                    is_chosen: false,
                },
            ],
            people: self
                .rows()
                .into_iter()
                .map(|row| GroupPerson {
                    href: format!("/people/{}", row.episode),
                    name: row.name,
                    age: row.age,
                    tag: row.tag,
                    address: row.address,
                    state: self.t("first-contact-advised"),
                    tone: Tone::Ok,
                })
                .collect(),
            people_paging: self.paging(),
            ..GroupPage::default()
        }
    }

    fn coverage(&self) -> CoveragePage {
        use rules::GapKind;
        let row = |episode: &str, name: &str, facts: &str, since: &str, minutes: i64| GapRow {
            episode: Some(s(episode)),
            href: format!("/people/{episode}"),
            name: s(name),
            facts: s(facts),
            since: self.when(since),
            age: formats::duration(self.lang, minutes * 60_000),
            owner: s("Lò Văn Thành"),
            level: self.t("gap-level-leader"),
            can_assign: true,
            ..GapRow::default()
        };
        let section = |kind: GapKind, n: &str, lines| GapSection {
            title: views::events::first_letter_up(&views::name(self.lang, kind)),
            mend: mend(self.lang, kind),
            n: s(n),
            lines,
        };
        let count = |kind: &str, label: String, n: &str, current| KindCount {
            kind: s(kind),
            label,
            n: s(n),
            href: format!("/coverage?kind={kind}"),
            is_current: current,
        };
        CoveragePage {
            shell: self.shell(Role::StationLeader, Nav::Coverage, &self.t("coverage-title")),
            area: s("xã Mường Tè"),
            area_code: s("03445"),
            crumbs: vec![
                link("/coverage?area=12", "tỉnh Lai Châu"),
                link("/coverage?area=107", "huyện Mường Tè"),
                link("/coverage", "xã Mường Tè"),
            ],
            people: 4,
            oldest: Some(formats::duration(self.lang, 300 * 60_000)),
            checked: self.when("2022-03-16T10:41:30+07:00"),
            kinds: vec![
                count("", self.t("coverage-all"), "4", true),
                count(
                    "first_contact_overdue",
                    views::name(self.lang, GapKind::FirstContactOverdue),
                    "2",
                    false,
                ),
                count("unreachable", views::name(self.lang, GapKind::Unreachable), "1", false),
                count("no_leader", views::name(self.lang, GapKind::NoLeader), "1", false),
            ],
            sections: vec![
                section(
                    GapKind::FirstContactOverdue,
                    "2",
                    vec![
                        GapRow {
                            level: self.t("gap-level-commune"),
                            is_escalated: true,
                            ..row(
                                "e2",
                                "Lý Thị Tuyết",
                                &format!("{} · F0 · nhà 5, bản Nậm Hãn", self.age(48)),
                                "2022-03-16T05:42:00+07:00",
                                300,
                            )
                        },
                        row(
                            "e1",
                            "Pờ Go Lòng",
                            &format!("{} · F0 · nhà 57, bản Nậm Hãn", self.age(31)),
                            "2022-03-16T09:20:00+07:00",
                            82,
                        ),
                    ],
                ),
                section(
                    GapKind::Unreachable,
                    "1",
                    vec![GapRow {
                        mend: Some(link("/people/e73/arrangement", &self.t("arrangement-title"))),
                        ..row(
                            "e73",
                            "Tẩn Mý Chản",
                            &format!("{} · F0 · nhà 73, bản Nậm Hãn", self.age(82)),
                            "2022-03-16T07:31:00+07:00",
                            191,
                        )
                    }],
                ),
                section(
                    GapKind::NoLeader,
                    "1",
                    vec![GapRow {
                        episode: None,
                        can_assign: false,
                        mend: Some(link("/groups/3", &self.t("groups-set-leader"))),
                        ..row(
                            "e0",
                            "Nhóm F1 Mường Tè",
                            &self.or("41 hộ, 96 người", "41 households, 96 people"),
                            "2022-03-16T10:00:00+07:00",
                            42,
                        )
                    }],
                ),
            ],
            carers: vec![Choice::new("s3", "Pờ Thị Lế"), Choice::new("s4", "Nguyễn Văn Đức")],
            ..CoveragePage::default()
        }
    }

    fn report(&self, district: bool) -> ReportPage {
        let lang = self.lang;
        let values = ["90", "6", "0", "7", "1", "0", "0", "88", "147", "3", "2", "4"];
        let row = |unit: &str, note: Option<String>, corrected: bool| FigureRow {
            unit: s(unit),
            href: district.then(|| s("/reports/7")),
            note,
            cells: PAGE_ONE
                .iter()
                .zip(values)
                .map(|(indicator, value)| Figure {
                    indicator: s(indicator),
                    label: t(lang, &format!("indicator-{indicator}-short")),
                    value: s(value),
                    href: Some(format!("/figures?indicator={indicator}")),
                    before: (corrected && *indicator == "f0_new").then(|| s("5")),
                    of: None,
                })
                .collect(),
        };
        let group = |title: &str, indicators: &[(&str, &str)]| FigureGroup {
            title: self.t(title),
            figures: indicators
                .iter()
                .map(|(indicator, value)| Figure {
                    indicator: s(indicator),
                    label: indicator_name(lang, indicator),
                    value: s(value),
                    href: Some(format!("/figures?indicator={indicator}")),
                    ..Figure::default()
                })
                .collect(),
        };
        let step = |label: &str, detail: &str, done, current| Step {
            label: self.t(label),
            detail: s(detail),
            is_done: done,
            is_current: current,
        };
        let (role, area) = if district {
            (Role::DistrictOfficer, "huyện Mường Tè")
        } else {
            (Role::CommuneLeader, "xã Mường Tè")
        };
        let rows = if district {
            vec![
                row("TT Mường Tè", None, false),
                row("Thu Lũm", Some(self.t("report-missing")), false),
                row("Ka Lăng", None, false),
                row("Mường Tè", None, true),
                row("Pa Vệ Sử", Some(self.or("báo qua điện thoại", "told by phone")), false),
            ]
        } else {
            vec![row("Mường Tè", None, false)]
        };
        ReportPage {
            shell: self.shell(role, Nav::Reports, &self.t("nav-reports")),
            id: s("7"),
            area: s(area),
            crumbs: vec![
                link("/reports", &self.t("nav-reports")),
                link("/reports?area=107", "huyện Mường Tè"),
            ],
            day: formats::weekday_date(lang, self.today),
            window: t_args(lang, "report-window", &[("from", "12:00 15/3"), ("to", "12:00 16/3")]),
            state: s("confirmed"),
            state_label: self.t("report-state-confirmed"),
            steps: vec![
                step("report-step-draft", &self.t("report-step-draft-detail"), true, false),
                step("report-step-confirmed", "10:31, Lò Văn Thành", true, false),
                step("report-step-submitted", "", false, true),
                step("report-step-locked", "12:00", false, false),
            ],
            clock: self.clock(Some(642)),
            substitute: None,
            table: FigureTable {
                unit_label: self.t("report-unit"),
                columns: Column::page_one(lang),
                rows,
                total: district.then(|| row(&self.t("report-total"), None, false)),
            },
            annex: vec![
                group(
                    "report-annex-severity",
                    &[
                        ("f0_asymptomatic", "31"),
                        ("f0_mild", "44"),
                        ("f0_moderate", "6"),
                        ("f0_severe", "1"),
                        ("f0_critical", "0"),
                        ("f0_unassessed", "6"),
                    ],
                ),
                group(
                    "report-annex-f1",
                    &[
                        ("f1_start", "150"),
                        ("f1_new", "9"),
                        ("f1_in", "0"),
                        ("f1_became_f0", "4"),
                        ("f1_completed", "8"),
                        ("f1_out", "0"),
                        ("f1_adjusted", "0"),
                        ("f1_end", "147"),
                    ],
                ),
                group(
                    "report-annex-care",
                    &[
                        ("groups", "3"),
                        ("households", "112"),
                        ("not_contacted", "2"),
                        ("without_zalo", "52"),
                        ("unmanaged", "4"),
                    ],
                ),
            ],
            balances: vec![
                Balance {
                    label: self.t("report-balance-f0"),
                    sum: s("88 = 90 + 6 + 0 − 7 − 1 − 0 + 0"),
                    is_right: true,
                },
                Balance {
                    label: self.t("report-balance-severity"),
                    sum: s("31 + 44 + 6 + 1 + 0 + 6 = 88"),
                    is_right: true,
                },
                Balance {
                    label: self.t("report-balance-f1"),
                    sum: s("147 ≠ 150 + 9 + 0 − 4 − 7 − 0 + 0"),
                    is_right: false,
                },
            ],
            lists: vec![
                NamedList {
                    title: self.t("report-list-new"),
                    n: s("6"),
                    href: s("/figures?indicator=f0_new"),
                    names: vec![s("Tẩn Mý Chản, 1940"), s("Pờ Go Lòng, 1991")],
                },
                NamedList {
                    title: self.t("report-list-died"),
                    n: s("0"),
                    href: String::new(),
                    names: vec![],
                },
            ],
            narrative: s("Đã thăm 12 hộ ở bản Nậm Hãn, đưa 1 cụ đi viện huyện.\nXin thêm 2 máy đo SpO₂."),
            form: Form::of([
                (
                    "narrative",
                    "Đã thăm 12 hộ ở bản Nậm Hãn, đưa 1 cụ đi viện huyện.\nXin thêm 2 máy đo SpO₂.",
                ),
                ("as", "system"),
            ]),
            can: ReportActs {
                submit: true,
                zero: !district,
                substitute: district,
                correct: true,
                ..ReportActs::default()
            },
            corrections: vec![Correction {
                label: indicator_name(lang, "f0_new"),
                before: s("5"),
                after: s("6"),
                reason: self.or("một người vào sổ nhầm là F1", "one was registered as F1"),
                who: s("Lò Văn Thành"),
                when: self.when("2022-03-15T12:07:00+07:00"),
            }],
            supplement: (!district).then(|| Supplement {
                figures: vec![Change {
                    label: indicator_name(lang, "f0_new"),
                    before: s("5"),
                    after: s("6"),
                }],
                confirmed: None,
            }),
            indicators: ["f0_new", "f0_recovered", "f0_end"]
                .iter()
                .map(|id| Choice::new(*id, indicator_name(lang, id)))
                .collect(),
            behind: if district { self.report_lines().1 } else { vec![] },
            below_summary: district
                .then(|| t_args(lang, "report-summary", &[("have", "9"), ("of", "14"), ("time", "11:00")])),
            zalo: s(
                "Xã Mường Tè: báo cáo 16/3/2022\nF0 đầu ngày: 90; mới: 6; khỏi: 7; chuyển đi: 1; tử vong: 0; cuối ngày: 88\nF1 cuối ngày: 147\nChưa quản lý: 4\nĐã thăm 12 hộ ở bản Nậm Hãn.\nKý: Trần Quốc Đệ, 10:58",
            ),
            xlsx_href: s("/reports/7.xlsx"),
            fingerprint: Some(s("8f2c 41aa 90be 77d1")),
            printed_by: s("Trần Quốc Đệ, 16/3/2022 10:58"),
            unconfirmed: district,
            ..ReportPage::default()
        }
    }

    fn report_lines(&self) -> (Vec<ReportLine>, Vec<ReportLine>) {
        let line = |name: &str, state: &str, detail: &str| ReportLine {
            href: s("/reports/7"),
            name: s(name),
            state: s(state),
            state_label: self.t(&format!("report-state-{state}")),
            detail: s(detail),
            f0_end: s("88"),
            f0_new: s("6"),
            f1_end: s("147"),
            ..ReportLine::default()
        };
        (
            vec![
                line("TT Mường Tè", "submitted", "10:12, Lù Thị Sen"),
                line("Ka Lăng", "submitted", "10:40, Pờ Chà Lòng"),
            ],
            vec![
                ReportLine { is_missing: true, ..line("Thu Lũm", "draft", "") },
                ReportLine {
                    is_missing: true,
                    substitute: Some(t_args(
                        self.lang,
                        "report-substituted-phone",
                        &[("who", "anh Xè"), ("at", "11:05")],
                    )),
                    ..line("Pa Vệ Sử", "draft", "")
                },
                ReportLine { is_late: true, ..line("Tà Tổng", "submitted", "11:04, Sùng A Chu") },
            ],
        )
    }

    fn overview(&self) -> OverviewPage {
        let kpi = |key: &str, value: &str, unit: &str, detail: &str| Kpi {
            label: self.t(key),
            value: s(value),
            unit: s(unit),
            detail: s(detail),
            ..Kpi::default()
        };
        let tile = |name: &str, f0: &str, percent: Option<u32>, unmanaged: Option<&str>| Tile {
            href: s("/overview?area=107"),
            name: s(name),
            f0: s(f0),
            on_time: percent.map_or_else(|| self.t("overview-tile-none"), |p| format!("{p}%")),
            percent,
            unmanaged: unmanaged.map(|n| t_args(self.lang, "overview-tile-unmanaged", &[("n", n)])),
        };
        let late = |name: &str, missing: &str, have, of| LateUnit {
            name: s(name),
            href: s("/reports?area=108"),
            missing: t_args(self.lang, "overview-missing", &[("names", missing)]),
            have,
            of,
        };
        OverviewPage {
            shell: self.shell(Role::ProvinceOfficer, Nav::Overview, &self.t("nav-overview")),
            area: s("Tỉnh Lai Châu"),
            crumbs: vec![],
            day: formats::weekday_date(self.lang, self.today),
            updated: self.when("2022-03-16T10:40:00+07:00"),
            alerts: Some(link("/alerts", &t_args(self.lang, "alarm-overview", &[("n", "3"), ("open", "1")]))),
            protocol: Some(link("/protocol", &self.t("protocol-title"))),
            kpis: vec![
                kpi(
                    "overview-managed",
                    "14.217",
                    "F0",
                    &t_args(self.lang, "overview-managed-f1", &[("n", "21.046")]),
                ),
                kpi("overview-new", "1.802", "F0", &self.or("hôm qua 1.764", "1.764 yesterday")),
                kpi("overview-on-time", "94,2%", "", &self.or("mục tiêu 95%", "aim 95%")),
                kpi("overview-waiting", "312", &self.t("overview-people-unit"), ""),
                Kpi {
                    href: Some(s("/coverage?area=12")),
                    link_label: self.t("overview-assign-now"),
                    is_alert: true,
                    ..kpi(
                        "overview-unmanaged",
                        "4",
                        &self.t("overview-people-unit"),
                        &t_args(
                            self.lang,
                            "overview-oldest",
                            &[("time", &formats::duration(self.lang, 300 * 60_000))],
                        ),
                    )
                },
            ],
            tiles_title: self.t("overview-by-district"),
            tiles: vec![
                tile("TP Lai Châu", "3.246", Some(99), None),
                tile("Tam Đường", "2.147", Some(96), None),
                tile("Mường Tè", "1.188", Some(93), Some("4")),
                tile("Sìn Hồ", "1.732", Some(81), None),
                tile("Phong Thổ", "2.214", Some(88), None),
                tile("Than Uyên", "1.694", Some(95), None),
                tile("Tân Uyên", "1.379", Some(98), None),
                tile("Nậm Nhùn", "617", None, None),
            ],
            severity: [
                ("asymptomatic", 5455),
                ("mild", 7498),
                ("moderate", 885),
                ("severe", 119),
                ("critical", 14),
                ("unassessed", 246),
            ]
            .iter()
            .map(|(word, n)| SeverityCount {
                word: s(word),
                label: self.t(&format!("severity-{word}")),
                n: *n,
                href: None,
            })
            .collect(),
            clock: self.clock(Some(702)),
            reports_summary: Some(t_args(
                self.lang,
                "report-summary",
                &[("have", "101"), ("of", "106"), ("time", "11:00")],
            )),
            late: vec![
                late("Phong Thổ", "Dào San, Mồ Sì San", 15, 17),
                late("Sìn Hồ", "Tủa Sín Chải, Noong Hẻo", 20, 22),
                late("Than Uyên", "Pha Mu", 11, 12),
            ],
            rest: Some((t_args(self.lang, "overview-rest-districts", &[("n", "5")]), s("55/55"))),
            reports_href: s("/reports?area=12"),
            report: Some(link("/reports/1", &self.t("overview-open-report"))),
        }
    }

    fn demo(&self, tampered: bool) -> DemoPage {
        let step = |to: &str, label: &str, what: &str, past| ClockMove {
            to: s(to),
            label: s(label),
            what: if what.is_empty() { String::new() } else { self.t(what) },
            is_past: past,
        };
        let line = |vi: &str, en: &str, value: &str, tone| DeviceLine {
            label: self.or(vi, en),
            value: s(value),
            tone,
        };
        let login = |login: &str, role: Role, name: &str| DemoLogin {
            login: s(login),
            role: views::events::first_letter_up(&views::name(self.lang, role)),
            name: s(name),
        };
        DemoPage {
            homes: vec![Link { href: s("/h/0"), label: s("Tẩn Mý Chản") }],
            shell: self.shell(Role::Admin, Nav::Demo, &self.t("nav-demo")),
            clock: s("10:42"),
            day: formats::weekday_date(self.lang, self.today),
            moves: vec![
                step("a", "10:58", "demo-move-sign", false),
                step("b", "11:00", "demo-move-due", false),
                step("c", "11:40", "demo-move-supplement", false),
                step("d", "12:00", "demo-move-lock", false),
                step("e", "12:07", "demo-move-correct", false),
                step("f", "15:00", "demo-move-district", false),
                step("g", &self.t("demo-plus-hour"), "", false),
                step("h", &self.t("demo-next-day"), "", false),
            ],
            devices: vec![
                Device {
                    scene: t_args(self.lang, "demo-scene", &[("n", "1")]),
                    time: s("07:30"),
                    title: self.t("demo-scene-1-title"),
                    who: self.or("chị Lan, văn thư xã Mường Tè", "Lan, clerk of Mường Tè"),
                    lines: vec![
                        line("Người trong sổ", "People", "88", Tone::Plain),
                        line(
                            "Nhà 73, bà Chản",
                            "House 73, Mrs Chản",
                            &self.or("chưa vào sổ", "not registered"),
                            Tone::Danger,
                        ),
                    ],
                    login: s("lan"),
                    go: s("/import"),
                    action: self.t("demo-scene-1-action"),
                    shape: s("desk"),
                    is_tamper: false,
                },
                Device {
                    scene: t_args(self.lang, "demo-scene", &[("n", "4")]),
                    time: s("10:50"),
                    title: self.t("demo-scene-4-title"),
                    who: self.or("anh Đệ, văn phòng UBND xã", "Đệ, People's Committee office"),
                    lines: vec![
                        line("Báo cáo 16/3", "Report 16/3", &self.t("report-state-confirmed"), Tone::Ok),
                        line("Xã đã gửi", "Communes sent", "101/106", Tone::Plain),
                    ],
                    login: s("de"),
                    go: s("/reports"),
                    action: self.t("demo-scene-4-action"),
                    shape: s("phone"),
                    is_tamper: false,
                },
                Device {
                    scene: self.t("demo-last-act"),
                    time: s("12:07"),
                    title: self.t("demo-last-title"),
                    who: self.or("thanh tra tỉnh", "the province's inspector"),
                    lines: vec![line("Mục trong sổ", "Entries", "48.204", Tone::Plain)],
                    action: self.t("demo-tamper"),
                    shape: s("tablet"),
                    is_tamper: true,
                    ..Device::default()
                },
            ],
            logins: vec![
                DemoArea {
                    area: s("Xã Mường Tè, Lai Châu"),
                    logins: vec![
                        login("lan", Role::Clerk, "Vàng Thị Lan"),
                        login("de", Role::CommuneLeader, "Trần Quốc Đệ"),
                        login("thanh", Role::StationLeader, "Lò Văn Thành"),
                        login("le", Role::Carer, "Pờ Thị Lế"),
                    ],
                },
                DemoArea {
                    area: s("Tỉnh Lai Châu"),
                    logins: vec![
                        login("nga", Role::ProvinceOfficer, "Hoàng Thị Nga"),
                        login("chi", Role::Commander, "Lý Văn Chỉ"),
                        login("tra", Role::Inspector, "Đỗ Thị Hậu"),
                    ],
                },
                DemoArea {
                    area: s("Phường Long Bình, Biên Hòa"),
                    logins: vec![
                        login("hoa", Role::StationLeader, "Lê Thị Hoa"),
                        login("duc", Role::Carer, "Nguyễn Văn Đức"),
                    ],
                },
            ],
            tamper: tampered.then(|| Tamper {
                original: Verified {
                    is_whole: true,
                    entries: s("48.204"),
                    first_bad: None,
                    head: s("5f1c…a20e"),
                },
                altered: Verified {
                    is_whole: false,
                    entries: s("1.203"),
                    first_bad: Some(t_args(
                        self.lang,
                        "tamper-first-bad",
                        &[("seq", "1.204"), ("place", "contact_attempt")],
                    )),
                    head: s("5f1c…a20e"),
                },
                before: self.t("attempt-outcome-no_answer"),
                after: self.t("attempt-outcome-reached"),
                place: s("contact_attempt, 1.204"),
            }),
            story: Some(Story {
                done: s("2"),
                of: s("9"),
                next: Some(
                    self.or("07:52 đặt người đến thăm nhà 73", "07:52 a visitor is named for house 73"),
                ),
            }),
            holds: t_args(self.lang, "demo-holds", &[("people", "35.263"), ("communes", "107")]),
        }
    }

    fn pages(&self) -> Vec<(String, String)> {
        let lang = self.lang;
        let carer = |nav, title: &str| self.shell(Role::Carer, nav, &self.t(title));
        let leader = |nav, title: &str| self.shell(Role::StationLeader, nav, &self.t(title));
        let admin = |title: &str| self.shell(Role::Admin, Nav::Admin, &self.t(title));
        let mut pages: Vec<(String, String)> = Vec::new();
        let mut add = |name: &str, html: String| pages.push((s(name), html));

        add(
            "login",
            LoginPage {
                shell: self.bare(&self.t("login-title")),
                form: Form::of([("login", "lan.vt")]),
                ..LoginPage::default()
            }
            .render(),
        );
        add(
            "login-bad",
            LoginPage {
                shell: self.bare(&self.t("login-title")),
                form: Form::of([("login", "lan.vt")]).refuse(lang, &rules::Refusal::invalid("bad_login")),
                notice: Some(self.t("refusal-signed_out")),
                ..LoginPage::default()
            }
            .render(),
        );
        add(
            "login-code",
            CodePage { shell: self.bare(&self.t("code-title")), ..CodePage::default() }.render(),
        );
        add(
            "login-enrol",
            EnrolPage {
                shell: self.bare(&self.t("enrol-title")),
                uri: s(
                    "otpauth://totp/Ke%20Ben:nga.ht?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Ke%20Ben",
                ),
                secret: s("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"),
                ..EnrolPage::default()
            }
            .render(),
        );
        add(
            "first",
            FirstPage {
                shell: self.bare(&self.t("first-title")),
                is_valid: true,
                asks_name: true,
                length_min: s("12"),
                ..FirstPage::default()
            }
            .render(),
        );
        add(
            "first-used",
            FirstPage { shell: self.bare(&self.t("first-used-title")), ..FirstPage::default() }.render(),
        );

        add("work", self.work().render());
        add(
            "work-filter",
            WorkPage {
                counters: self.counters(Some(Urgency::Overdue)),
                sections: self.work_cards().into_iter().take(1).collect(),
                hours: None,
                off_duty: true,
                ..self.work()
            }
            .render(),
        );
        let nothing = self.counters(None).into_iter().map(|c| Counter { n: s("0"), ..c }).collect();
        add("work-empty", WorkPage { sections: vec![], left: 0, counters: nothing, ..self.work() }.render());
        add("contact", self.contact(false).render());
        add(
            "contact-after-call",
            ContactPage {
                phones: vec![
                    self.phone("+84912345678"),
                    PhoneLine {
                        is_wrong: true,
                        state: self.t("point-state-wrong"),
                        ..self.phone("+84988921558")
                    },
                ],
                form: Form::of([("by", "phone")]).fault("outcome", self.t("refusal-required")),
                ..self.contact(true)
            }
            .render(),
        );

        add("register", self.register(true).render());
        add(
            "register-duplicate",
            RegisterPage {
                candidates: self.candidates(),
                form: self.register_form().refuse(lang, &rules::Refusal::conflict("possible_duplicate")),
                ..self.register(false)
            }
            .render(),
        );
        add("household", self.household().render());

        let line = |file: &str, outcome: String, state: &str, dry| ImportLine {
            href: s("/import/7"),
            file: s(file),
            area: s("xã Mường Tè"),
            by: s("Vàng Thị Lan"),
            when: self.when("2022-03-16T07:31:00+07:00"),
            outcome,
            state: s(state),
            is_dry: dry,
        };
        add(
            "import",
            ImportPage {
                shell: self.shell(Role::Clerk, Nav::Import, &self.t("import-title")),
                size_max: s("20 MB"),
                recent: vec![
                    line("danh-sach-muong-te.csv", self.or("69 người", "69 people"), "done", false),
                    line("danh-sach-muong-te.csv", self.or("69 người", "69 people"), "done", true),
                    line("anh-chup.xlsx", String::new(), "failed", false),
                ],
                ..ImportPage::default()
            }
            .render(),
        );
        add(
            "import-progress",
            ImportProgressPage {
                shell: self.shell(Role::Clerk, Nav::Import, &self.t("import-title")),
                id: s("7"),
                file: s("danh-sach-muong-te.csv"),
                area: s("xã Mường Tè"),
                is_dry: false,
                done: 41,
                total: 75,
            }
            .render(),
        );
        add("import-dry", self.import_result(true).render());
        add("import-result", self.import_result(false).render());
        add(
            "import-failed",
            ImportResultPage { failed: Some(self.t("refusal-file_type")), ..self.import_result(true) }
                .render(),
        );

        add("person", self.person().render());
        add(
            "person-closed",
            PersonPage {
                closed: Some(self.or(
                    "Khỏi bệnh, 16/3/2022, Lò Văn Thành xác nhận",
                    "Recovered, 16/3/2022, certified by Lò Văn Thành",
                )),
                gaps: vec![],
                phones: vec![self.phone("+84912345678")],
                acts: PersonActs { reopen: true, looked: true, ..PersonActs::default() },
                ..self.person()
            }
            .render(),
        );
        add(
            "edit",
            EditPage {
                shell: leader(Nav::People, "edit-title"),
                person: self.chan(),
                form: self.register_form().with("risks", "diabetes"),
                clusters: self.clusters(),
                after_lock: true,
            }
            .render(),
        );
        add(
            "merge",
            MergePage {
                shell: leader(Nav::People, "merge-title"),
                person: self.chan(),
                q: s("chan"),
                found: self.candidates(),
                ..MergePage::default()
            }
            .render(),
        );
        use rules::Outcome;
        add(
            "end",
            EndPage {
                shell: leader(Nav::People, "end-title"),
                person: self.chan(),
                form: Form::of([("at", "16/3/2022 10:05"), ("outcome", "hospital")]),
                outcomes: views::parts::some_choices(
                    lang,
                    &[Outcome::Hospital, Outcome::Moved, Outcome::Died, Outcome::Left],
                ),
            }
            .render(),
        );
        let refused = rules::Refusal::conflict("release_not_recent")
            .with("missing", "release_not_recent,release_needs_test");
        add(
            "release",
            ReleasePage {
                shell: leader(Nav::People, "release-title"),
                person: self.chan(),
                form: Form::default().refuse(lang, &refused),
                rule: vec![
                    self.or("F0: từ ngày 7 và có xét nghiệm âm tính", "F0: from day 7 with a negative test"),
                ],
                ways: Vec::new(),
                missing: views::missing(lang, &refused),
                tests: vec![Choice {
                    value: s("t1"),
                    label: format!(
                        "{}, {}, 11/3/2022",
                        self.t("test-kind-rapid"),
                        self.t("test-result-positive")
                    ),
                    hint: Some(self.t("test-witness-staff")),
                }],
                certifiers: vec![Choice::new("s1", "Lò Văn Thành")],
            }
            .render(),
        );
        add(
            "reopen",
            ReopenPage {
                shell: leader(Nav::People, "reopen-title"),
                person: self.chan(),
                closed: self.or("Khỏi bệnh, 16/3/2022", "Recovered, 16/3/2022"),
                ..ReopenPage::default()
            }
            .render(),
        );
        add(
            "void",
            VoidPage { shell: leader(Nav::People, "void-title"), person: self.chan(), ..VoidPage::default() }
                .render(),
        );
        add(
            "severity",
            SeverityPage {
                shell: leader(Nav::People, "severity-title"),
                person: self.chan(),
                form: Form::of([("level", "unassessed")]),
            }
            .render(),
        );
        add(
            "arrangement",
            ArrangementPage {
                shell: leader(Nav::People, "arrangement-title"),
                person: self.chan(),
                form: Form::of([("kind", "visitor"), ("visitor", "s3"), ("household", "1")]),
                visitors: vec![Choice::new("s3", "Pờ Thị Lế"), Choice::new("s4", "Nguyễn Văn Đức")],
                household: self.contact(false).household,
                group: Some(s("Nhóm F0 Mường Tè 1")),
            }
            .render(),
        );
        add(
            "convert",
            ConvertPage {
                shell: leader(Nav::People, "convert-title"),
                person: self.su(),
                form: Form::of([("detected_on", "16/3/2022")]),
                effects: vec![
                    self.t("convert-effect-same"),
                    t_args(lang, "convert-effect-group", &[("group", "Nhóm F0 Mường Tè 1")]),
                    self.t("convert-effect-clock"),
                ],
            }
            .render(),
        );
        add(
            "looked",
            LookedPage {
                shell: leader(Nav::People, "looked-title"),
                person: self.chan(),
                lines: vec![LookedLine {
                    when: self.when("2022-03-16T09:10:00+07:00"),
                    who: s("Nguyễn Văn Bình"),
                    role: self.t("role-district_officer"),
                    area: s("huyện Mường Tè"),
                    what: self.t("looked-page"),
                }],
                paging: None,
            }
            .render(),
        );
        let people = PeoplePage {
            shell: leader(Nav::People, "nav-people"),
            clusters: self.clusters(),
            people: self.rows(),
            paging: self.paging(),
            count: Some(t_args(lang, "people-count", &[("n", "88")])),
            can_register: true,
            ..PeoplePage::default()
        };
        add("people", people.render());
        add(
            "people-none",
            PeoplePage {
                people: vec![],
                paging: None,
                count: None,
                filter: PeopleFilter { q: s("xyz"), ..PeopleFilter::default() },
                ..people
            }
            .render(),
        );
        add(
            "groups",
            GroupsPage {
                shell: carer(Nav::Groups, "groups-title"),
                area: s("xã Mường Tè"),
                groups: self.groups(),
                ..GroupsPage::default()
            }
            .render(),
        );
        add("group", self.group().render());
        add("coverage", self.coverage().render());
        add(
            "coverage-none",
            CoveragePage { people: 0, sections: vec![], kinds: vec![], carers: vec![], ..self.coverage() }
                .render(),
        );
        let unit = |name: &str, people: &str, kinds: String, clear| AreaGaps {
            href: s("/coverage?area=03445"),
            name: s(name),
            people: s(people),
            oldest: if clear { String::new() } else { formats::duration(lang, 300 * 60_000) },
            kinds,
            is_clear: clear,
        };
        add(
            "coverage-district",
            CoveragePage {
                shell: self.shell(Role::DistrictOfficer, Nav::Coverage, &self.t("coverage-title")),
                area: s("huyện Mường Tè"),
                sections: vec![],
                carers: vec![],
                below: vec![
                    unit(
                        "Mường Tè",
                        "4",
                        self.or(
                            "2 quá giờ, 1 không liên lạc được, 1 nhóm chưa có trưởng nhóm",
                            "2 overdue, 1 unreachable, 1 group without leader",
                        ),
                        false,
                    ),
                    unit("Ka Lăng", "0", String::new(), true),
                ],
                ..self.coverage()
            }
            .render(),
        );
        let (below, behind) = self.report_lines();
        add(
            "reports",
            ReportsPage {
                shell: self.shell(Role::DistrictOfficer, Nav::Reports, &self.t("nav-reports")),
                area: s("huyện Mường Tè"),
                area_code: s("107"),
                crumbs: vec![
                    link("/reports?area=12", "tỉnh Lai Châu"),
                    link("/reports?area=107", "huyện Mường Tè"),
                ],
                day: formats::weekday_date(lang, self.today),
                on: s("2022-03-16"),
                previous_href: s("#"),
                next_href: None,
                clock: self.clock(Some(702)),
                own: below.first().cloned().map(|line| ReportLine {
                    name: s("Huyện Mường Tè"),
                    state: s("draft"),
                    state_label: self.t("report-state-draft"),
                    detail: String::new(),
                    ..line
                }),
                summary: Some(t_args(
                    lang,
                    "report-summary",
                    &[("have", "11"), ("of", "14"), ("time", "11:00")],
                )),
                behind,
                below,
                history: vec![],
            }
            .render(),
        );
        add("report", self.report(false).render());
        add("report-district", self.report(true).render());
        add(
            "report-locked",
            ReportPage {
                state: s("locked"),
                state_label: self.t("report-state-locked"),
                steps: self
                    .report(false)
                    .steps
                    .into_iter()
                    .map(|step| Step { is_done: true, is_current: false, ..step })
                    .collect(),
                clock: self.clock(None),
                can: ReportActs { correct: true, supplement: true, ..ReportActs::default() },
                late: Some(t_args(lang, "report-late-by", &[("time", "0:04")])),
                ..self.report(false)
            }
            .render(),
        );
        add(
            "figures",
            FiguresPage {
                shell: leader(Nav::Reports, "nav-reports"),
                indicator: s("f0_new"),
                label: indicator_name(lang, "f0_new"),
                area: s("xã Mường Tè"),
                day: formats::weekday_date(lang, self.today),
                value: s("6"),
                definition: views::pages::figures::definition(lang, "f0_new"),
                report: Some(link("/reports/7", &self.t("nav-reports"))),
                people: self.rows(),
                may_see_people: true,
                ..FiguresPage::default()
            }
            .render(),
        );
        add("overview", self.overview().render());
        add(
            "admin",
            AdminPage {
                shell: admin("nav-admin"),
                warnings: vec![link("/admin/settings", &self.t("admin-warn-hours"))],
                staff_count: s("412"),
                cluster_count: s("5"),
                hours: None,
                numbers_count: t_args(lang, "admin-numbers", &[("n", "3")]),
                protocol: Some(s("Bản 1.1.0")),
                log_head: Some(LogHead {
                    seq: s("48.204"),
                    hash: s("5f1c0b7d9a20e41c77be0f3a9d12c4a20e5f1c0b7d9a20e41c77be0f3a9d12c4"),
                    signed: Some(self.when("2022-03-16T10:40:00+07:00")),
                    key: s("8f2c 41aa 90be 77d1"),
                }),
            }
            .render(),
        );
        let staff = |name: &str, login: &str, role: Role, revoked| StaffLine {
            id: s("s1"),
            name: s(name),
            login: s(login),
            grants: vec![format!("{} · Trạm Y tế xã Mường Tè · xã Mường Tè", views::name(lang, role))],
            has_code: role == Role::Admin,
            is_revoked: revoked,
            last_seen: Some(self.when("2022-03-16T08:10:00+07:00")),
            can_change: true,
        };
        add(
            "staff",
            StaffPage {
                shell: admin("staff-title"),
                staff: vec![
                    staff("Lò Văn Thành", "thanh.lv", Role::StationLeader, false),
                    staff("Pờ Thị Lế", "le.pt", Role::Carer, false),
                    staff("Sùng A Chu", "chu.sa", Role::Carer, true),
                ],
                once: Some(OneTime {
                    name: s("Giàng Thị Dợ"),
                    login: s("do.gt"),
                    link: Some(s("/first?token=Zr4kq9…")),
                    password: None,
                    until: self.or("đến 17:30 hôm nay", "until 17:30 today"),
                }),
                roles: views::parts::choices::<Role>(lang),
                organisations: vec![Choice::new("o1", "Trạm Y tế xã Mường Tè")],
                areas: vec![Choice::new("03445", "xã Mường Tè")],
                paging: self.paging(),
                ..StaffPage::default()
            }
            .render(),
        );
        add(
            "clusters",
            ClustersPage {
                shell: admin("clusters-title"),
                area: s("xã Mường Tè"),
                area_code: s("03445"),
                areas: vec![Choice::new("03445", "xã Mường Tè"), Choice::new("03439", "xã Ka Lăng")],
                clusters: ["Nậm Củm", "Nậm Hãn", "Giẳng", "Pắc Ma", "Bó"]
                    .iter()
                    .map(|name| ClusterLine {
                        name: s(name),
                        kind: s("Bản"),
                        head: s("Pờ Chà Lòng"),
                        households: s("96"),
                        people: s("21"),
                        group: (*name != "Bó").then(|| link("/groups/1", "Nhóm F0 Mường Tè 1")),
                    })
                    .collect(),
                form: Form::default(),
            }
            .render(),
        );
        add(
            "settings",
            SettingsPage {
                shell: admin("settings-title"),
                area: s("xã Mường Tè"),
                area_code: s("03445"),
                form: Form::of([
                    ("number_label_1", "Xe của xã (anh Páo)"),
                    ("number_1", "0988 921 558"),
                    ("number_label_2", "Cấp cứu"),
                    ("number_2", "115"),
                ])
                .fault("hours", self.t("refusal-out_of_range")),
                rows: 4,
                hours_missing: true,
                ..SettingsPage::default()
            }
            .render(),
        );
        add("demo", self.demo(false).render());
        add("demo-tampered", self.demo(true).render());
        for status in [401, 404, 409, 422, 500, 503] {
            let shell = if status == 401 { self.bare("") } else { carer(Nav::None, "nav-home") };
            add(
                &format!("error-{status}"),
                ErrorPage {
                    shell: Shell { title: self.t(&format!("error-{status}")), ..shell },
                    status,
                    retry_after: (status == 503).then(|| s("5")),
                    reference: (status == 500).then(|| s("e7f3-10a2")),
                    back: s("/work"),
                    ..ErrorPage::default()
                }
                .render(),
            );
        }
        pages
    }
}
