import Apus
import ApusData
import ApusDatasets
import ApusFilesTestSupport
import Foundation
import Testing

@Suite struct AudioTests {
  private static func cases() throws -> [JSONValue] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = folder.appendingPathComponent("Fixtures/audio.json").path
    return try JSONValue(contentsOf: file)["cases"]?.array ?? []
  }

  /// The sound of `Tests/Fixtures/fixture_audio.py`.
  private static func sound(_ count: Int) -> [Float] {
    (0..<count).map { place in
      let i = Double(place)
      return Float(
        0.5 * sin(0.05 * i) + 0.25 * sin(0.0002 * i * i) + 0.01 * Double(place * 7919 % 101 - 50) / 50)
    }
  }

  @Test(arguments: try! cases())
  func melSpectrogramsAreLibrosas(_ expected: JSONValue) throws {
    let mel = MelSpectrogram(
      sampleRate: try #require(expected["rate"]?.int), frameLength: try #require(expected["length"]?.int),
      hopLength: try #require(expected["hop"]?.int), bands: try #require(expected["bands"]?.int),
      highestFrequency: try #require(expected["top"]?.double))
    let power = mel.power(Self.sound(2000))
    #expect(power.shape[0] == expected["frames"]?.int)
    let reference = (expected["power"]?.array ?? []).compactMap(\.double)
    let largest = reference.max() ?? 0
    #expect(reference.count == power.count && largest > 0)
    for (ours, theirs) in zip(power.doubles(), reference) {
      #expect(abs(ours - theirs) < 1e-4 * theirs + 1e-6 * largest)
    }
  }

  @Test func soundIsReadAsItWasWritten() throws {
    try withTemporaryDirectory { folder in
      let path = folder + "/sound.wav"
      let sound = WAVFile(sampleRate: 8000, samples: Self.sound(500))
      try sound.write(to: path)
      let read = try WAVFile(contentsOf: path)
      #expect(read.sampleRate == 8000 && read.samples.count == 500)
      for (a, b) in zip(sound.samples, read.samples) { #expect(abs(a - b) < 1e-4) }
    }
  }

  /// Stereo in 8, 24 and 32 bits and in floating point, by hand.
  @Test func everyKindOfSampleIsRead() throws {
    func file(kind: UInt8, bits: UInt8, channels: UInt8, _ data: [UInt8]) -> [UInt8] {
      Array("RIFF".utf8) + [0, 0, 0, 0] + Array("WAVEfmt ".utf8) + [
        16, 0, 0, 0, kind, 0, channels, 0, 0x40, 0x1F, 0, 0,
      ]
        + [0, 0, 0, 0, 0, 0, bits, 0] + Array("LIST".utf8) + [3, 0, 0, 0, 1, 2, 3, 0] + Array("data".utf8)
        + [UInt8(data.count), 0, 0, 0] + data
    }
    func samples(_ bytes: [UInt8]) throws -> [Float] { try WAVFile(bytes: bytes, path: "x.wav").samples }
    #expect(try samples(file(kind: 1, bits: 8, channels: 1, [128, 192, 0])) == [0, 0.5, -1])
    #expect(try samples(file(kind: 1, bits: 16, channels: 2, [0, 0x40, 0, 0xC0, 0, 0x40, 0, 0x20])) == [0, 0.375])
    #expect(try samples(file(kind: 1, bits: 24, channels: 1, [0, 0, 0x40, 0, 0, 0x80])) == [0.5, -1])
    #expect(try samples(file(kind: 1, bits: 32, channels: 1, [0, 0, 0, 0xC0])) == [-0.5])
    #expect(try samples(file(kind: 3, bits: 32, channels: 1, [0, 0, 0x80, 0x3E, 0, 0, 0x80, 0x7F])) == [0.25, 0])
  }

  @Test(arguments: [
    ([UInt8]("RIFX".utf8), "not a WAV file: it does not begin with RIFF and WAVE"),
    (Array("RIFF\0\0\0\0WAVE".utf8), "the chunk \"data\" is missing"),
    (Array("RIFF\0\0\0\0WAVEdata\u{4}\0\0\0".utf8), "the chunk \"data\" comes before \"fmt \""),
    (
      Array("RIFF\0\0\0\0WAVEfmt \u{7F}\0\0\0".utf8),
      "the chunk \"fmt \" has 127 bytes, expected at least 16 that are there"
    ),
    (
      Array("RIFF\0\0\0\0WAVELIST\u{7F}\0\0\u{7F}".utf8), "the chunk \"LIST\" has 2130706559 bytes, more than there are"
    ),
  ])
  func hostileFilesAreRefused(_ bytes: [UInt8], _ reason: String) {
    let error = #expect(throws: FileError.self) { try WAVFile(bytes: bytes, path: "x.wav") }
    #expect(error?.description.hasSuffix(reason) == true, "\(error?.description ?? "")")
  }

  /// A tone is a bright column at its band, whoever plays it and at whichever rate; parts are told apart by who speaks.
  @Test func foldersOfWordsAreRead() throws {
    try withTemporaryDirectory { folder in
      for (word, frequency) in [("low", 400.0), ("high", 2000.0)] {
        try File.createDirectory("\(folder)/\(word)")
        for speaker in 0..<12 {
          let rate = speaker % 2 == 0 ? 16_000 : 22_050
          let samples = (0..<rate / 2).map { Float(0.3 * sin(2 * Double.pi * frequency * Double($0) / Double(rate))) }
          try WAVFile(sampleRate: rate, samples: samples).write(to: "\(folder)/\(word)/s\(speaker)_1.wav")
        }
      }
      try AtomicFile.write("no sound", to: folder + "/low/s99_2.wav")
      #expect(SpokenWords.isFolder(folder))
      let (data, problems) = try SpokenWords.load(folder)
      #expect(data.classNames == ["high", "low"] && data.train.count + data.test.count == 24 && problems.count == 1)
      #expect(data.train.height == 98 && data.train.width == 40)
      let size = 98 * 40
      for (index, label) in data.train.labels.enumerated() {
        let middle = index * size + 49 * 40
        let row = Array(data.train.pixels[middle..<middle + 40])
        let brightest = row.indices.max { row[$0] < row[$1] }!
        #expect(label == 0 ? (20...25).contains(brightest) : (6...9).contains(brightest), "\(brightest)")
      }
    }
  }
}
