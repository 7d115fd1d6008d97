import ApusDatasets
import ApusFiles
import ApusFilesTestSupport
import Foundation
import Testing

/// music21's reading of tunes: `Tests/Fixtures/fixture_music.py`.
@Suite struct MusicTests {
  private static func cases() throws -> [JSONValue] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = folder.appendingPathComponent("Fixtures/music.json").path
    return try JSONValue(contentsOf: file)["cases"]?.array ?? []
  }

  @Test(arguments: try! cases())
  func tunesAreReadAsByMusic21(_ expected: JSONValue) throws {
    let melodies = ABCFile(parsing: try #require(expected["abc"]?.string)).melodies
    #expect(melodies.count == 1)
    let notes = melodies[0].notes.map { [$0.pitch ?? -1, $0.length] }
    #expect(notes == (expected["notes"]?.array ?? []).map { ($0.array ?? []).compactMap(\.int) })
  }

  @Test func severalTunesAreToldApart() {
    let text = "X:1\nK:C\nCDE\n\nX:2\nK:G\nV:1\nFGA\nV:2\nccc\n\nnothing of a tune\n"
    let melodies = ABCFile(parsing: text).melodies
    #expect(melodies.map { $0.notes.map(\.pitch) } == [[60, 62, 64], [66, 67, 69]])
  }

  /// Whatever a file holds, it is read to its end.
  @Test func noiseIsNoHarm() {
    var generator = SystemRandomNumberGenerator()
    let marks = Array("ABCdefg^_=,'/23(){}[]|:!\"+-<>zxK: \n")
    for _ in 0..<300 {
      let text = "X:1\nK:D\n" + String((0..<200).map { _ in marks.randomElement(using: &generator)! })
      for melody in ABCFile(parsing: text).melodies {
        #expect(melody.notes.allSatisfy { (1...16 * Melody.whole).contains($0.length) })
      }
    }
  }

  @Test func tunesAreWordsAndBack() {
    let melody = Melody([.init(pitch: 62, length: 24), .init(pitch: nil, length: 12), .init(pitch: 64, length: 96)])
    #expect(melody.text == "62_24 r_12 64_96 end")
    #expect(Melody(text: melody.text + " 60_24") == melody)
    #expect(Melody(text: "x 128_4 60_0 60_24 60").notes == [.init(pitch: 60, length: 24)])
  }

  /// The bytes of the standard's chunks and events, by hand.
  @Test func midiFilesAreAsTheStandardSays() {
    let file = MIDIFile(Melody([.init(pitch: nil, length: 24), .init(pitch: 60, length: 200)]), tempo: 120)
    #expect(
      file.bytes == [
        0x4D, 0x54, 0x68, 0x64, 0, 0, 0, 6, 0, 0, 0, 1, 0, 24,
        0x4D, 0x54, 0x72, 0x6B, 0, 0, 0, 23,
        0, 0xFF, 0x51, 3, 0x07, 0xA1, 0x20, 0, 0xC0, 0,
        24, 0x90, 60, 80, 0x81, 0x48, 0x80, 60, 0, 0, 0xFF, 0x2F, 0,
      ])
  }
}
