/// Pieces of a page.
enum HTML {
  /// The text of an element or attribute.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }

  /// A page of its own, that needs nothing from elsewhere.
  static func page(title: String, _ body: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="icon" href="data:,">
    <title>\(escaped(title))</title>
    <style>
    \(style)</style>
    </head>
    <body>
    \(body)</body>
    </html>

    """
  }

  /// A table with a row of headings; columns after the first hold numbers.
  static func table(_ headings: [String], _ rows: [[String]]) -> String {
    func row(_ cells: [String], _ tag: String) -> String {
      "<tr>" + cells.map { "<\(tag)>\(escaped($0))</\(tag)>" }.joined() + "</tr>\n"
    }
    let head = headings.isEmpty ? "" : "<thead>\(row(headings, "th"))</thead>\n"
    return "<div class=\"wide\"><table\(headings.isEmpty ? "" : " class=\"numbers\"")>\n\(head)<tbody>\n"
      + rows.map { row($0, "td") }.joined() + "</tbody>\n</table></div>\n"
  }

  /// A drawing inside of the page. Names within it are made its own: those of all drawings of a page are one space.
  static func drawing(_ svg: String, number: Int, label: String) -> String {
    let own = svg.replacing("id=\"clip", with: "id=\"drawing\(number)-clip")
      .replacing("url(#clip", with: "url(#drawing\(number)-clip")
      .replacing("<svg ", with: "<svg role=\"img\" aria-label=\"\(escaped(label))\" ", maxReplacements: 1)
    return "<figure>\n\(own)</figure>\n"
  }

  /// A picture inside of the page.
  static func image(png: [UInt8], width: Int, height: Int, label: String) -> String {
    "<img src=\"data:image/png;base64,\(base64(png))\" width=\"\(width)\" height=\"\(height)\" "
      + "alt=\"\(escaped(label))\">"
  }

  /// RFC 4648.
  static func base64(_ bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var word = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      word <<= UInt32(8 * (3 - group.count))
      for place in 0..<4 {
        let digit = digits[Int(word >> UInt32(18 - 6 * place)) & 63]
        text.append(place <= group.count ? digit : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static let style = """
    body { font: 16px/1.45 system-ui, "DejaVu Sans", Verdana, sans-serif; color: #222; background: #fff;
      margin: 0 auto; padding: 12px 16px 48px; max-width: 1080px; }
    h1 { font-size: 1.5em; margin: .4em 0 0; } h2 { font-size: 1.15em; margin: 1.6em 0 .5em; }
    .lead { margin: .2em 0 0; color: #444; } .note { margin: 0 0 .6em; color: #555; font-size: 14px; }
    .drawings { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr)); gap: 12px; }
    figure { margin: 0; } figure svg { display: block; width: 100%; height: auto; max-width: 560px; }
    .wide { overflow-x: auto; } table { border-collapse: collapse; }
    td, th { padding: 3px 12px 3px 0; text-align: left; vertical-align: top; border-bottom: 1px solid #e3e3e3; }
    td { overflow-wrap: anywhere; } .numbers td, .numbers th { white-space: nowrap; }
    .numbers td + td, .numbers th + th { text-align: right; }
    @media (max-width: 480px) { .numbers { font-size: 13px; } .numbers td, .numbers th { padding-right: 8px; } }
    .samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(96px, 1fr)); gap: 12px 10px; }
    .samples figure { font-size: 13px; line-height: 1.3; } .samples img { image-rendering: pixelated; display: block; }
    .samples .wrong { color: #a3211b; }
    .large { margin: 0 0 16px; font-size: 14px; } .large img { image-rendering: pixelated; display: block;
      max-width: 100%; height: auto; }

    """
}
