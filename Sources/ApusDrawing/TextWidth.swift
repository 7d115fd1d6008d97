/// How wide texts are, so that nothing is cut off and nothing overlaps.
enum TextWidth {
  /// Thousandths of the font size that letters from space to tilde are wide in DejaVu Sans (its table `hmtx`).
  private static let ascii: [Int] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863,
    748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635,
    615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636,
    337, 636, 838,
  ]

  /// The width of a text in pixels; bold letters are about an eighth wider.
  static func of(_ text: String, size: Double, isBold: Bool = false) -> Double {
    let units = text.unicodeScalars.reduce(0) { $0 + width($1) }
    return Double(units) / 1000 * size * (isBold ? 1.13 : 1)
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 32..<127: ascii[Int(scalar.value) - 32]
    // Accents that stand over the letter before them.
    case 0x300..<0x370: 0
    // Raised and lowered digits.
    case 0xB2, 0xB3, 0xB9, 0x2070..<0x20A0, 0x1D62..<0x1D6B: 430
    case 0xB7: 318
    case 0xD7, 0x2190..<0x2300: 838
    case 0x2010..<0x2014: 500
    case 0x2026, 0x2014: 1000
    case 0x370..<0x400: 650
    // Chinese, Japanese and Korean.
    case 0x2E80..<0xD7B0, 0xF900..<0xFB00: 1000
    default: 650
    }
  }

  /// As much of a text as has room, with an ellipsis where something is left out.
  static func shortened(_ text: String, size: Double, width: Double) -> String {
    if of(text, size: size) <= width { return text }
    var kept = Substring(text)
    while !kept.isEmpty, of(kept + "…", size: size) > width { kept = kept.dropLast() }
    return kept + "…"
  }

  /// The text in lines no wider than that, broken between words.
  static func lines(_ text: String, size: Double, width: Double) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, of("\(last) \(word)", size: size) <= width {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
