import Apus
import Foundation
import Testing

/// sacrebleu's numbers: `Tests/Fixtures/fixture_bleu.py`.
@Suite struct BLEUTests {
  private static func file() throws -> JSONValue {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONValue(contentsOf: folder.appendingPathComponent("Fixtures/bleu.json").path)
  }

  @Test func sentencesAreCutAsSacrebleuDoes() throws {
    let cases = (try Self.file()["cases"]?.array ?? []).filter { $0["sentence"] != nil }
    #expect(cases.count == 18)
    for expected in cases {
      let sentence = try #require(expected["sentence"]?.string)
      #expect(BLEU.words(of: sentence) == (expected["words"]?.array ?? []).compactMap(\.string), "\(sentence)")
    }
  }

  @Test func corporaScoreAsSacrebleus() throws {
    let file = try Self.file()
    let pairs = (file["pairs"]?.array ?? []).map { ($0.array ?? []).compactMap(\.string) }
    let cases = (file["cases"]?.array ?? []).filter { $0["bleu"] != nil }
    #expect(cases.count == 4)
    for expected in cases {
      var bleu = BLEU()
      for pair in pairs.prefix(try #require(expected["count"]?.int)) {
        bleu.add(BLEU.words(of: pair[0]), reference: BLEU.words(of: pair[1]))
      }
      #expect(abs(bleu.value - (try #require(expected["bleu"]?.double))) < 1e-9)
      #expect(abs(bleu.brevityPenalty - (try #require(expected["penalty"]?.double))) < 1e-12)
      for (ours, theirs) in zip(bleu.precisions, (expected["precisions"]?.array ?? []).compactMap(\.double)) {
        #expect(abs(ours - theirs) < 1e-9)
      }
    }
  }

  @Test func nothingScoresNothing() {
    #expect(BLEU().value == 0)
    var bleu = BLEU()
    bleu.add(["a"], reference: ["b"])
    #expect(bleu.value == 0)
  }
}
