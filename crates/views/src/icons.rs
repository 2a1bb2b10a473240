//! Icons, drawn by us on a 24-unit grid, as one inline sprite per page that holds only what the page uses.

/// (name, shapes). Stroke and size come from the stylesheet.
const ICONS: &[(&str, &str)] = &[
    ("alert", "<path d='M12 3.5 22 20.500H2z'/><path d='M12 10v4.500M12 17.300v.2'/>"),
    (
        "bell",
        "<path d='M6 16.500V11a6 6 0 0 1 12 0v5.500l2 2H4z'/><path d='M10 18.500a2 2 0 0 0 4 0M12 5V3'/>",
    ),
    ("chat", "<path d='M4 5h16v11H10l-4.500 4v-4H4z'/><path d='M8 9h8M8 12h5'/>"),
    ("check", "<path d='M4.5 12.500l5 5 10-11'/>"),
    ("checkc", "<circle cx='12' cy='12' r='9'/><path d='M8 12.300l2.800 2.800L16 9.500'/>"),
    ("circle", "<circle cx='12' cy='12' r='9'/>"),
    ("clock", "<circle cx='12' cy='12' r='9'/><path d='M12 7v5.500l3.500 2'/>"),
    (
        "copy",
        "<rect x='8' y='8' width='12' height='13' rx='2'/><path d='M5 16H4V4.500A1.500 1.500 0 0 1 5.500 3H16v2'/>",
    ),
    ("doc", "<path d='M6 3h8.500L19 7.500V21H6z'/><path d='M14 3v5h5M9 13h7M9 17h7'/>"),
    ("down", "<path d='M12 4v11M7.500 11l4.500 4.500 4.500-4.500M4.500 20h15'/>"),
    ("edit", "<path d='M4 20l1-4.500L16.500 4 20 7.500 8.500 19z'/>"),
    (
        "eye",
        "<path d='M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12z'/><circle cx='12' cy='12' r='3'/>",
    ),
    (
        "gear",
        "<circle cx='12' cy='12' r='3.200'/><path d='M12 3v3M12 18v3M3 12h3M18 12h3M5.600 5.600l2.200 2.200M16.200 16.200l2.200 2.200M18.400 5.600l-2.200 2.200M7.800 16.200l-2.200 2.200'/>",
    ),
    ("grid", "<path d='M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z'/>"),
    ("home", "<path d='M3.500 11 12 4l8.500 7M6 9.500V20h12V9.500'/>"),
    (
        "house",
        "<path d='M3.500 11 12 4l8.500 7M6 9.500V20h12V9.500'/><path d='M12 17.200s-3-1.800-3-3.700a1.600 1.600 0 0 1 3-.8 1.600 1.600 0 0 1 3 .8c0 1.900-3 3.700-3 3.700z'/>",
    ),
    ("info", "<circle cx='12' cy='12' r='9'/><path d='M12 11v5.500M12 7.600v.2'/>"),
    ("key", "<circle cx='8' cy='15' r='4.500'/><path d='M11.200 11.800 20 3M16 7l3 3'/>"),
    ("left", "<path d='M15 5l-7 7 7 7'/>"),
    ("list", "<path d='M9 6h11M9 12h11M9 18h11M4.500 6h.1M4.500 12h.1M4.500 18h.1'/>"),
    (
        "lock",
        "<rect x='5' y='10.500' width='14' height='10' rx='2'/><path d='M8 10.500V7.500a4 4 0 0 1 8 0v3'/>",
    ),
    ("menu", "<path d='M4 6.500h16M4 12h16M4 17.500h16'/>"),
    ("merge", "<path d='M6 4v4c0 4 6 4 6 8v4M18 4v4c0 4-6 4-6 8'/>"),
    ("out", "<path d='M14 4H5v16h9M10 12h11M17.500 8.500 21 12l-3.500 3.500'/>"),
    (
        "phone",
        "<path d='M6.200 3.500h2.600l1.900 4.600-2.300 1.700a12 12 0 0 0 5.800 5.800l1.700-2.300 4.600 1.900v2.600a2.700 2.700 0 0 1-2.900 2.700A15 15 0 0 1 3.500 6.400a2.700 2.700 0 0 1 2.700-2.900z'/>",
    ),
    (
        "pin",
        "<path d='M12 21s-7-6.300-7-11.300A7 7 0 0 1 19 9.700C19 14.700 12 21 12 21z'/><circle cx='12' cy='9.700' r='2.500'/>",
    ),
    ("play", "<path d='M8 5.500l10 6.500-10 6.500z'/>"),
    ("plus", "<path d='M12 5v14M5 12h14'/>"),
    ("print", "<path d='M7 8V3.500h10V8M7 17H4V8h16v9h-3'/><path d='M7 14h10v6.500H7z'/>"),
    ("right", "<path d='M9 5l7 7-7 7'/>"),
    ("search", "<circle cx='11' cy='11' r='6.500'/><path d='M16 16l4.500 4.500'/>"),
    (
        "shield",
        "<path d='M12 3l7.500 3v5.500c0 4.700-3.200 8-7.500 9.500-4.300-1.500-7.500-4.800-7.500-9.500V6z'/><path d='M8.500 12l2.500 2.500 4.500-5'/>",
    ),
    ("undo", "<path d='M8 5 4 9l4 4M4.500 9H15a5 5 0 0 1 0 10H9'/>"),
    ("upload", "<path d='M12 16V5M7.500 9.500 12 5l4.500 4.500M4.500 20h15'/>"),
    (
        "user",
        "<circle cx='12' cy='8' r='4'/><path d='M4.500 20.500c.7-4.300 3.700-6.500 7.500-6.500s6.800 2.200 7.500 6.500'/>",
    ),
    (
        "users",
        "<circle cx='9' cy='8.500' r='3.500'/><path d='M2.500 19.500c.6-3.800 3.300-5.500 6.500-5.500s5.900 1.700 6.500 5.500M15.500 5.300a3.500 3.500 0 0 1 0 6.400M17.500 14.500c2.300.6 3.700 2.300 4 5'/>",
    ),
    ("x", "<path d='M6 6l12 12M18 6L6 18'/>"),
];

/// Where the base template wants the sprite.
const PLACE: &str = "<!--icons-->";

/// Puts the icons that the page refers to (`#i-phone`) at their place.
pub fn place(html: &str) -> String {
    if !html.contains(PLACE) {
        return html.to_owned();
    }
    let mut sprite = String::from("<svg class=\"vh\" aria-hidden=\"true\">");
    for (name, shapes) in ICONS {
        if html.contains(&format!("#i-{name}\"")) {
            sprite.push_str(&format!(
                "<symbol id=\"i-{name}\" viewBox=\"0 0 24 24\">{}</symbol>",
                shapes.replace('\'', "\"")
            ));
        }
    }
    sprite.push_str("</svg>");
    html.replacen(PLACE, &sprite, 1)
}

/// Whether there is an icon of this name; asked by a test over the templates.
#[cfg(test)]
pub fn is_drawn(name: &str) -> bool {
    ICONS.iter().any(|(have, _)| *have == name)
}
