#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How much a corpus of translations has in common with its references (Papineni et al. 2002): the geometric mean of the
/// shares of right n-grams, n = 1 … 4, times a penalty for brevity; from 0 to 100.
///
/// An order of which no n-gram is right counts as half of one, a quarter of one for the next such order, and so on: the
/// smoothing that sacrebleu takes by itself (`exp`).
public struct BLEU: Hashable, Sendable {
  /// The longest n-grams.
  public static let orders = 4
  private var right = [Int](repeating: 0, count: orders)
  private var total = [Int](repeating: 0, count: orders)
  private var length = 0
  private var referenceLength = 0

  public init() {}

  /// Takes in a translation and its reference, cut into words (see ``words(of:)``).
  public mutating func add(_ translation: [String], reference: [String]) {
    length += translation.count
    referenceLength += reference.count
    for order in 1...Self.orders {
      let expected = Self.counts(reference, order)
      for (gram, count) in Self.counts(translation, order) { right[order - 1] += min(count, expected[gram] ?? 0) }
      total[order - 1] += max(0, translation.count - order + 1)
    }
  }

  private static func counts(_ words: [String], _ order: Int) -> [ArraySlice<String>: Int] {
    guard words.count >= order else { return [:] }
    var counts: [ArraySlice<String>: Int] = [:]
    for start in 0...(words.count - order) { counts[words[start..<start + order], default: 0] += 1 }
    return counts
  }

  /// The share of right n-grams of each order, in per cent, smoothed.
  public var precisions: [Double] {
    var halves = 1.0
    return zip(right, total).map { right, total in
      guard total > 0 else { return 0 }
      if right > 0 { return 100 * Double(right) / Double(total) }
      halves *= 2
      return 100 / (halves * Double(total))
    }
  }

  /// 1 where translations are as long as their references, less where they are shorter.
  public var brevityPenalty: Double {
    if length >= referenceLength { return 1 }
    return length == 0 ? 0 : exp(1 - Double(referenceLength) / Double(length))
  }

  public var value: Double {
    guard right[0] > 0, !precisions.contains(0) else { return 0 }
    return brevityPenalty * exp(precisions.reduce(0) { $0 + log($1) } / Double(Self.orders))
  }

  /// The words and marks of a sentence as the Workshops on Machine Translation cut them (`mteval-v13a`, sacrebleu's
  /// `13a`): ASCII marks stand alone, points and commas unless they are within numbers, hyphens after digits.
  public static func words(of sentence: String) -> [String] {
    var text = sentence.replacing("<skipped>", with: "").replacing("-\n", with: "").replacing("\n", with: " ")
    for (entity, mark) in [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")] {
      text = text.replacing(entity, with: mark)
    }
    var result: [Character] = [" "]
    let scalars = Array(text.unicodeScalars)
    func isDigit(_ index: Int) -> Bool { scalars.indices.contains(index) && ("0"..."9").contains(scalars[index]) }
    for (place, scalar) in scalars.enumerated() {
      let character = Character(scalar)
      switch scalar.value {
      case 0x2C, 0x2E:
        // Within a number it stays; so it does only between digits.
        let isWithin = isDigit(place - 1) && isDigit(place + 1)
        result += isWithin ? [character] : [" ", character, " "]
      case 0x2D: result += isDigit(place - 1) ? [" ", character, " "] : [character]
      case 0x7B...0x7E, 0x5B...0x60, 0x20...0x26, 0x28...0x2B, 0x3A...0x40, 0x2F: result += [" ", character, " "]
      default: result.append(character)
      }
    }
    return String(result).split { $0.isWhitespace }.map(String.init)
  }
}
