//! QR codes as inline SVG, without style attributes (they would need a looser content policy).

use fast_qr::QRBuilder;

/// The picture of `text` with `label` as its words; empty if the text is too long for a code.
pub fn svg(text: &str, label: &str) -> String {
    let Ok(code) = QRBuilder::new(text).build() else {
        return String::new();
    };
    let size = code.size;
    let mut path = String::new();
    for y in 0..size {
        for x in 0..size {
            if code[y][x].value() {
                path.push_str(&format!("M{x} {y}h1v1h-1z"));
            }
        }
    }
    let all = size + 8;
    let label = label.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    format!(
        "<svg class=\"qr\" viewBox=\"-4 -4 {all} {all}\" role=\"img\" aria-label=\"{label}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M-4 -4h{all}v{all}h-{all}z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_code_is_drawn_without_styles() {
        let svg = super::svg("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP", "Mã \"QR\"");
        assert!(svg.starts_with("<svg") && svg.contains("aria-label=\"Mã &quot;QR&quot;\""));
        assert!(!svg.contains("style"));
        assert!(super::svg(&"x".repeat(10_000), "").is_empty());
    }
}
