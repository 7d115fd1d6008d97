/// Strings of many scripts by a formula: `fixture_tokenizers.py` makes the same.
enum FuzzedStrings {
  static let count = 10_000
  static let block = 100

  private static let pools: [(start: UInt32, size: UInt64)] = [
    (0x20, 95), (0x61, 26), (0x61, 26), (0x30, 10), (0xA1, 95), (0x100, 128), (0x300, 48), (0x391, 25), (0x3B1, 25),
    (0x410, 64), (0x5D0, 27), (0x621, 26), (0x905, 53), (0xE01, 46), (0xAC00, 2000), (0x3041, 83), (0x30A1, 84),
    (0x4E00, 2000), (0x1F300, 256), (0x1D400, 84), (0xFF01, 94), (0x2010, 24), (0x2150, 48),
  ]
  private static let words: [String] = [
    " ", " ", " ", "  ", "\n", "\t", "\r\n", " the", "the ", "don't", "I've", "we'll", " licence", "Work", "2024",
    "[SEP]", "<s>", "<|end|>", "é", "e\u{301}", "ǆ", "ﬁ", "İ", "ẞ", "\u{3A9}", "\u{a0}", "\u{200b}", "\u{3000}", "▁",
    "##s", "...", "—",
  ]

  /// SplitMix64 (Steele et al. 2014).
  private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }

    mutating func index(_ count: Int) -> Int { Int(next() % UInt64(count)) }
  }

  static func string(_ number: Int) -> String {
    var random = SplitMix(state: UInt64(number))
    var text = String.UnicodeScalarView()
    for _ in 0..<random.index(12) {
      if random.next() % 2 == 1 {
        text.append(contentsOf: words[random.index(words.count)].unicodeScalars)
        continue
      }
      let pool = pools[random.index(pools.count)]
      for _ in 0..<(1 + random.index(5)) {
        text.append(Unicode.Scalar(pool.start + UInt32(random.next() % pool.size))!)
      }
    }
    return String(text)
  }

  /// FNV-1a over numbers, 64 bits.
  static func hashed(_ values: [Int], _ state: UInt64 = 0xCBF2_9CE4_8422_2325) -> UInt64 {
    values.reduce(state) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  static func points(_ text: String) -> [Int] { text.unicodeScalars.map { Int($0.value) } }
}

extension UInt64 {
  var hexadecimal: String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
