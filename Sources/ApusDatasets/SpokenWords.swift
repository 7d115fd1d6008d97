import ApusData
import ApusFiles

/// Spoken words as pictures of their sound: WAV files of about a second in one folder for each word, as Speech Commands has
/// them (Warden 2018). A row is ten milliseconds, a column one of 40 bands of the mel scale.
public enum SpokenWords {
  /// Rows of a picture: a second of frames of 25 milliseconds.
  public static let frames = 98
  public static let bands = 40

  /// Whether a folder has folders of WAV files.
  public static func isFolder(_ directory: String) -> Bool {
    guard let names = try? File.names(in: directory) else { return false }
    return names.contains { name in
      let folder = directory.appendingPath(name)
      return File.isDirectory(folder) && ((try? File.names(in: folder)) ?? []).contains { isWAV($0) }
    }
  }

  private static func isWAV(_ name: String) -> Bool { name.lowercased().hasSuffix(".wav") && !name.hasPrefix(".") }

  /// The words in a folder, and the files that could not be read. A fifth of the speakers, whose names are what file names
  /// have before the first `_`, is to judge by: nobody is heard in both parts.
  ///
  /// Throws a ``DatasetError`` when there are not at least two words with speakers in both parts.
  public static func load(
    _ directory: String
  ) throws(DatasetError) -> (data: ImageClassificationData, problems: [FileError]) {
    var (classNames, problems): ([String], [FileError]) = ([], [])
    var parts: [(pixels: [UInt8], labels: [UInt8])] = [([], []), ([], [])]
    let folders = try DatasetError.naming { () throws(FileError) in
      try File.names(in: directory).filter { File.isDirectory(directory.appendingPath($0)) && !$0.hasPrefix(".") }
    }
    for folder in folders.sorted() {
      let place = directory.appendingPath(folder)
      let files = try DatasetError.naming { () throws(FileError) in try File.names(in: place).filter(isWAV).sorted() }
      guard !files.isEmpty else { continue }
      guard classNames.count < 256 else { throw .data(DataError("\(directory): more than 256 words")) }
      for file in files {
        do throws(FileError) {
          let picture = try picture(of: WAVFile(contentsOf: place.appendingPath(file)), place.appendingPath(file))
          let part = isForTesting(file) ? 1 : 0
          parts[part].pixels += picture
          parts[part].labels.append(UInt8(classNames.count))
        } catch {
          problems.append(error)
        }
      }
      classNames.append(folder)
    }
    guard classNames.count >= 2, parts.allSatisfy({ !$0.labels.isEmpty }) else {
      throw .data(
        DataError(
          "\(directory): \(classNames.count) folders with WAV files, \(parts[0].labels.count) to learn from and "
            + "\(parts[1].labels.count) to judge by; expected two words or more, each by several speakers "
            + "(what file names have before the first _)"))
    }
    do {
      let images = try parts.map { part throws(DataError) in
        try LabeledImages(
          count: part.labels.count, height: frames, width: bands, channels: 1, pixels: part.pixels, labels: part.labels)
      }
      let data = try ImageClassificationData(name: directory, classNames: classNames, train: images[0], test: images[1])
      return (data, problems)
    } catch {
      throw .data(error)
    }
  }

  /// The same for a speaker wherever the files are.
  private static func isForTesting(_ file: String) -> Bool {
    let speaker = file.prefix { $0 != "_" && $0 != "." }
    let hash = speaker.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    return (hash >> 32) % 5 == 0
  }

  /// The sound of a word as the samples of a picture, `frames × bands`: a second around its loudest part, the logarithm of
  /// the power from 1/10⁷ of the loudest (0) up to it (255).
  ///
  /// Throws a ``FileError`` that names `path` when there is less than a frame of sound, or fewer samples a second than the
  /// bands need.
  public static func picture(of sound: WAVFile, _ path: String) throws(FileError) -> [UInt8] {
    let rate = sound.sampleRate
    guard rate >= 8000 else {
      throw .malformed(path, "\(rate) samples a second, expected at least 8,000")
    }
    let (frameLength, hop) = (rate / 40, rate / 100)
    guard sound.samples.count >= frameLength else {
      throw .malformed(path, "\(sound.samples.count) samples, expected at least \(frameLength)")
    }
    let length = frameLength + (frames - 1) * hop
    let mel = MelSpectrogram(
      sampleRate: rate, frameLength: frameLength, hopLength: hop, bands: bands,
      highestFrequency: min(8000, Double(rate) / 2))
    let logarithms = mel(second(of: sound.samples, length: length), floor: 1e-12).doubles()
    let loudest = logarithms.max() ?? 0
    // e^16.1 = 10^7
    return logarithms.map { UInt8(max(0, min(255, 255 * (1 + ($0 - loudest) / 16.118)))) }
  }

  /// So many samples around the middle of the sound's energy, with silence around what is shorter.
  private static func second(of samples: [Float], length: Int) -> [Float] {
    if samples.count <= length {
      let before = (length - samples.count) / 2
      return [Float](repeating: 0, count: before) + samples
        + [Float](repeating: 0, count: length - samples.count - before)
    }
    var (energy, moment) = (0.0, 0.0)
    for (place, sample) in samples.enumerated() {
      let power = Double(sample) * Double(sample)
      energy += power
      moment += power * Double(place)
    }
    let middle = energy > 0 ? Int(moment / energy) : samples.count / 2
    let start = max(0, min(samples.count - length, middle - length / 2))
    return Array(samples[start..<start + length])
  }
}
