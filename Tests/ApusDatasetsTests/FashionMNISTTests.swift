import ApusCompression
import ApusData
import ApusDatasets
import ApusFiles
import ApusFilesTestSupport
import Foundation
import Testing

/// Whether the Debian package dataset-fashion-mnist is installed.
private let isInstalled = File.isDirectory("/usr/share/datasets/fashion-mnist")

@Suite struct FashionMNISTTests {
  private static let fileNames = [
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
  ]

  /// Places that have nothing.
  private func places(in directory: String) -> DatasetPlaces {
    DatasetPlaces(user: nil, system: directory + "/system", cache: directory + "/cache")
  }

  /// Writes a small data set of the same form: three pictures to learn from, two to judge by.
  private func writeSample(to directory: String, isCompressed: Bool = true) throws {
    try File.createDirectory(directory)
    for (index, name) in Self.fileNames.enumerated() {
      let count = index < 2 ? 3 : 2
      let dimensions = index % 2 == 0 ? [count, 28, 28] : [count]
      let bytes = (0..<dimensions.reduce(1, *)).map { UInt8(index % 2 == 0 ? $0 % 256 : $0 % 10) }
      let file = IDXFile.encode(dimensions: dimensions, bytes: bytes)
      if isCompressed {
        try AtomicFile.write(Gzip.compress(file), to: "\(directory)/\(name).gz")
      } else {
        try AtomicFile.write(file, to: "\(directory)/\(name)")
      }
    }
  }

  private func problem(_ directory: String) throws -> String {
    let error = try #require(throws: DatasetError.self) { try FashionMNIST.load(directory: directory) }
    #expect(isSingleLine(error.description))
    return error.description
  }

  @Test(.enabled(if: isInstalled, "the Debian package dataset-fashion-mnist is not installed"))
  func readsTheDebianPackage() throws {
    let place = DatasetPlaces(user: nil, cache: nil)
    let location = try #require(try Dataset.fashionMNIST.locate(directory: nil, places: place))
    #expect(location == .init(directory: "/usr/share/datasets/fashion-mnist", origin: .system))
    let clock = ContinuousClock()
    var data: ImageClassificationData?
    let time = try clock.measure { data = try FashionMNIST.load(from: location) }
    #expect(time < .seconds(20), "loading took \(time)")
    #expect(data?.name == "Fashion-MNIST" && data?.classNames == FashionMNIST.classNames)
    let (train, test) = (try #require(data?.train), try #require(data?.test))
    #expect(train.count == 60_000 && train.height == 28 && train.width == 28 && train.channels == 1)
    #expect(test.count == 10_000)
    #expect(Array(train.labels.prefix(6)) == [9, 0, 0, 3, 0, 2] && Array(test.labels.prefix(4)) == [9, 2, 1, 1])
    for label in 0..<10 as Range<UInt8> { #expect(test.labels.count { $0 == label } == 1000) }
  }

  @Test(arguments: [true, false])
  func readsOtherDataOfTheSameForm(isCompressed: Bool) throws {
    try withTemporaryDirectory { directory in
      try writeSample(to: directory, isCompressed: isCompressed)
      let data = try FashionMNIST.load(directory: directory)
      #expect(data.train.count == 3 && data.test.count == 2 && data.train.labels == [0, 1, 2])
      #expect(data.train.pixels.count == 3 * 784 && data.train.pixels[783] == 15)
      #expect(data.name == directory && data.classNames == (0..<10).map(String.init))
    }
  }

  @Test func looksInOrder() throws {
    try withTemporaryDirectory { directory in
      var places = places(in: directory)
      #expect(try Dataset.fashionMNIST.locate(directory: nil, places: places) == nil)
      for (place, origin) in [
        ("/cache/fashion-mnist", .cache), ("/system/fashion-mnist", .system), ("/user/fashion-mnist", .environment),
        ("/user", .environment),
      ] as [(String, DatasetLocation.Origin)] {
        places.user = directory + "/user"
        try writeSample(to: directory + place)
        #expect(
          try Dataset.fashionMNIST.locate(directory: nil, places: places)
            == .init(directory: directory + place, origin: origin)
        )
      }
      try writeSample(to: directory + "/given")
      #expect(try Dataset.fashionMNIST.locate(directory: directory + "/given", places: places)?.origin == .given)
      // What the system or an earlier download put there has to be the real thing; what a user names need not.
      let location = DatasetLocation(directory: directory + "/system/fashion-mnist", origin: .system)
      let error = try #require(throws: DatasetError.self) { try FashionMNIST.load(from: location) }
      #expect(error.description.contains("train-images-idx3-ubyte.gz: not the published train-images-idx3-ubyte"))
      #expect(try Dataset.fashionMNIST.load(directory: nil, source: nil, places: places).train.count == 3)
    }
  }

  @Test func namesWhatIsMissing() throws {
    try withTemporaryDirectory { directory in
      #expect(try problem(directory + "/none") == "\(directory)/none: no such directory")
      #expect(try problem(directory).hasPrefix("\(directory)/train-images-idx3-ubyte.gz: no such file"))
      for name in Self.fileNames {
        try writeSample(to: directory)
        try File.remove("\(directory)/\(name).gz")
        #expect(try problem(directory) == "\(directory)/\(name).gz: no such file, nor one without .gz")
      }
      var places = places(in: directory)
      places.user = directory
      try File.remove("\(directory)/t10k-labels-idx1-ubyte.gz")
      #expect(throws: FileError.self) { try Dataset.fashionMNIST.locate(directory: nil, places: places) }
    }
  }

  @Test func namesWhatIsWrong() throws {
    try withTemporaryDirectory { directory in
      func replace(_ name: String, with bytes: [UInt8], _ reason: String) throws {
        try writeSample(to: directory)
        try AtomicFile.write(bytes, to: "\(directory)/\(name).gz")
        let text = try problem(directory)
        #expect(text.hasPrefix("\(directory)/\(name).gz: ") && text.contains(reason), "\(text)")
      }
      func labels(_ bytes: [UInt8]) -> [UInt8] {
        Gzip.compress(IDXFile.encode(dimensions: [bytes.count], bytes: bytes))
      }
      func images(_ dimensions: [Int]) -> [UInt8] {
        let bytes = [UInt8](repeating: 0, count: dimensions.reduce(1, *))
        return Gzip.compress(IDXFile.encode(dimensions: dimensions, bytes: bytes))
      }
      try replace("train-labels-idx1-ubyte", with: labels([1, 10, 2]), "at byte 9: the label of image 1 is 10")
      try replace("train-labels-idx1-ubyte", with: labels([1, 2]), "2 labels for the 3 images of")
      try replace("train-labels-idx1-ubyte", with: images([3, 28, 28]), "expected a list of uint8 labels")
      try replace("t10k-images-idx3-ubyte", with: images([2, 28, 27]), "found 2 × 28 × 27 uint8")
      try replace("t10k-images-idx3-ubyte", with: images([0, 28, 28]), "holds no images")
      try replace("t10k-images-idx3-ubyte", with: labels([1]), "expected images of 28 × 28 uint8, found 1 uint8")
      try replace("t10k-images-idx3-ubyte", with: [], "not a gzip file")
      try replace("t10k-images-idx3-ubyte", with: images([2, 28, 28]).dropLast(5), "cut short")
      try replace("t10k-images-idx3-ubyte", with: Gzip.compress([1, 2, 3, 4, 5]), "not an IDX file")
    }
  }

  @Test(.enabled(if: isInstalled, "the Debian package dataset-fashion-mnist is not installed"))
  func fetchesWhatIsMissing() throws {
    let server = try LoopbackServer { request in
      let path = "/usr/share/datasets/fashion-mnist" + request.path
      return (try? .file(File.read(path), to: request)) ?? .init(status: 404)
    }
    defer { server.stop() }
    try withTemporaryDirectory { directory in
      var places = places(in: directory)
      var seen: [String] = []
      let data = try Dataset.fashionMNIST.load(directory: nil, source: server.address, places: places) { progress in
        if seen.last != progress.file { seen.append(progress.file) }
        return .proceed
      }
      #expect(data.train.count == 60_000 && data.name == "Fashion-MNIST")
      #expect(seen == Self.fileNames.map { $0 + ".gz" })
      #expect(try names(in: directory + "/cache/fashion-mnist") == seen.sorted())
      _ = try Dataset.fashionMNIST.load(directory: nil, source: "http://127.0.0.1:1/", places: places)
      #expect(server.requests.count == 4)

      places.cache = nil
      #expect(throws: DatasetError.self) { try Dataset.fashionMNIST.fetch(source: server.address, places: places) }
    }
  }

  @Test func refusesToKeepTheWrongFile() throws {
    let server = try LoopbackServer { .file(Gzip.compress([1, 2, 3]), to: $0) }
    defer { server.stop() }
    try withTemporaryDirectory { directory in
      let error = try #require(throws: DatasetError.self) {
        try Dataset.fashionMNIST.fetch(source: server.address, places: places(in: directory))
      }
      #expect(error.description.contains("not the published train-images-idx3-ubyte"))
      #expect(error.description.hasSuffix("(--data)"))
      #expect(isSingleLine(error.description))
      #expect(try names(in: directory + "/cache/fashion-mnist") == [])
    }
  }

  @Test func namesTheFileThatTheServerLacks() throws {
    let server = try LoopbackServer { _ in .init(status: 404) }
    defer { server.stop() }
    try withTemporaryDirectory { directory in
      let error = try #require(throws: DatasetError.self) {
        try Dataset.fashionMNIST.fetch(source: server.address, places: places(in: directory))
      }
      let cancelled = try #require(throws: DatasetError.self) {
        try Dataset.fashionMNIST.fetch(source: server.address, places: places(in: directory)) { _ in .cancel }
      }
      #expect(cancelled.description.hasSuffix("train-images-idx3-ubyte.gz: cancelled"))
      #expect(error.description.hasPrefix("\(server.address)train-images-idx3-ubyte.gz: the server answered 404"))
    }
  }
}
