import ApusCompression
import ApusData
import ApusDatasets
import ApusFiles
import ApusFilesTestSupport
import Foundation
import Testing

@Suite struct DatasetTests {
  /// Records of the binary form: labels, then planes of red, green and blue that count up.
  private func records(_ count: Int, labels: Int, classes: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    for number in 0..<count {
      bytes += [UInt8](repeating: 0, count: labels - 1)
      bytes.append(UInt8(number % classes))
      for place in 0..<3072 { bytes.append(UInt8((place / 1024 * 100 + place % 1024 + number) % 256)) }
    }
    return bytes
  }

  private func writeCIFAR10(_ directory: String) throws {
    try File.createDirectory(directory)
    for number in 1...5 {
      try AtomicFile.write(records(2, labels: 1, classes: 10), to: "\(directory)/data_batch_\(number).bin")
    }
    try AtomicFile.write(records(3, labels: 1, classes: 10), to: "\(directory)/test_batch.bin")
  }

  private func problem(_ dataset: Dataset, _ directory: String) throws -> String {
    let error = try #require(throws: DatasetError.self) { try dataset.load(directory: directory) }
    #expect(isSingleLine(error.description))
    return error.description
  }

  @Test func readsRecordsOfColorPlanes() throws {
    try withTemporaryDirectory { directory in
      try writeCIFAR10(directory)
      let data = try Dataset.cifar10.load(directory: directory)
      #expect(data.train.count == 10 && data.test.count == 3 && data.test.labels == [0, 1, 2])
      #expect(data.classNames[9] == "truck" && data.train.height == 32 && data.train.channels == 3)
      // The pixel at row 1, column 2 of the second picture: place 34 of each plane.
      let place = 3072 + (32 + 2) * 3
      #expect(Array(data.train.pixels[place..<(place + 3)]) == [35, 135, 235])
      // The folder that the archive unpacks to is found from outside too.
      try writeCIFAR10(directory + "/outer/cifar-10-batches-bin")
      #expect(try Dataset.cifar10.load(directory: directory + "/outer").train.count == 10)

      try AtomicFile.write(Array(records(2, labels: 1, classes: 10).dropLast()), to: directory + "/test_batch.bin")
      #expect(try problem(.cifar10, directory).hasSuffix("test_batch.bin: 6145 bytes, expected a multiple of 3073"))
      try AtomicFile.write([10] + records(1, labels: 1, classes: 10).dropFirst(), to: directory + "/test_batch.bin")
      #expect(try problem(.cifar10, directory).contains("at byte 0: the label of image 0 is 10, expected 0 to 9"))
      try File.remove(directory + "/data_batch_3.bin")
      #expect(try problem(.cifar10, directory) == "\(directory)/data_batch_3.bin: no such file")
      #expect(try problem(.cifar10, directory + "/none") == "\(directory)/none: no such directory")
    }
  }

  @Test func readsAHundredClasses() throws {
    try withTemporaryDirectory { directory in
      try AtomicFile.write(records(101, labels: 2, classes: 100), to: directory + "/train.bin")
      try AtomicFile.write(records(2, labels: 2, classes: 100), to: directory + "/test.bin")
      let names = (0..<100).map { "class\($0)" }
      try AtomicFile.write(names.joined(separator: "\n") + "\n", to: directory + "/fine_label_names.txt")
      let data = try Dataset.cifar100.load(directory: directory)
      #expect(data.train.count == 101 && data.train.labels[99] == 99 && data.classNames == names)
      try AtomicFile.write("apple\n", to: directory + "/fine_label_names.txt")
      #expect(try problem(.cifar100, directory).hasSuffix("1 names of classes, expected 100"))
    }
  }

  /// EMNIST's pictures lie with rows and columns swapped, and its letters count from 1.
  @Test func readsLetters() throws {
    try withTemporaryDirectory { directory in
      for part in ["train", "test"] {
        var pixels = [UInt8](repeating: 0, count: 2 * 784)
        (pixels[5 * 28 + 3], pixels[784 + 27]) = (200, 100)
        let images = IDXFile.encode(dimensions: [2, 28, 28], bytes: pixels)
        try AtomicFile.write(Gzip.compress(images), to: "\(directory)/emnist-letters-\(part)-images-idx3-ubyte.gz")
        try AtomicFile.write(
          IDXFile.encode(dimensions: [2], bytes: [1, 26]), to: "\(directory)/emnist-letters-\(part)-labels-idx1-ubyte")
      }
      let data = try Dataset.emnistLetters.load(directory: directory)
      #expect(data.train.labels == [0, 25] && data.classNames[25] == "Z" && data.name == "EMNIST letters")
      #expect(data.train.pixels[3 * 28 + 5] == 200 && data.train.pixels[784 + 27 * 28] == 100)
      #expect(Dataset.emnistBalanced.title == "EMNIST balanced")
    }
  }

  /// An archive in the form that EMNIST is published in, made by Python: some of its files stored, some deflated.
  @Test func zipArchivesAreUnpacked() throws {
    try withTemporaryDirectory { directory in
      let cache = directory + "/cache/emnist"
      try File.createDirectory(cache)
      let python = Process()
      python.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      python.arguments = [
        "python3", "-c",
        """
        import gzip, struct, sys, zipfile
        with zipfile.ZipFile(sys.argv[1], "w") as archive:
            for part, classes in [("balanced", 47), ("letters", 26)]:
                for half in ["train", "test"]:
                    for kind, header, size in [("images-idx3", (3, 3, 28, 28), 2352), ("labels-idx1", (1, 3), 3)]:
                        shape = struct.pack(">%dI" % (len(header) - 1), *header[1:])
                        body = bytes([1 + i % 5 for i in range(size)])
                        data = gzip.compress(b"\\0\\0\\x08" + bytes([header[0]]) + shape + body)
                        method = zipfile.ZIP_DEFLATED if half == "test" else zipfile.ZIP_STORED
                        archive.writestr("gzip/emnist-%s-%s-%s-ubyte.gz" % (part, half, kind), data, method)
        """, cache + "/gzip.zip",
      ]
      try python.run()
      python.waitUntilExit()
      try #require(python.terminationStatus == 0)
      let whole = try File.read(cache + "/gzip.zip")
      let places = DatasetPlaces(user: nil, system: directory + "/system", cache: directory + "/cache")
      for (end, reason) in [(whole.count - 30, "not a zip archive"), (0, "not a zip archive")] {
        try AtomicFile.write(Array(whole.prefix(end)), to: cache + "/gzip.zip")
        let error = try #require(throws: DatasetError.self) {
          try Dataset.emnistLetters.fetch(source: "http://127.0.0.1:1/gzip.zip", places: places)
        }
        #expect(error.description.contains(reason), "\(error)")
      }
      try AtomicFile.write(whole, to: cache + "/gzip.zip")
      let location = try Dataset.emnistLetters.fetch(source: "http://127.0.0.1:1/gzip.zip", places: places)
      #expect(location.directory == cache)
      #expect(try names(in: cache).count == 8)
      #expect(try Dataset.emnistLetters.load(from: location).train.labels == [0, 1, 2])
      // The other data set of the archive is here too.
      #expect(try Dataset.emnistBalanced.locate(directory: nil, places: places) == location)
      #expect(try Dataset.emnistBalanced.load(from: location).test.labels == [1, 2, 3])
    }
  }

  /// An archive made by the system's tar, served and fetched: its digest is wrong, so that it must not be kept.
  @Test func archivesAreVerified() throws {
    try withTemporaryDirectory { directory in
      let places = DatasetPlaces(user: nil, system: directory + "/system", cache: directory + "/cache")
      let server = try LoopbackServer { .file(Gzip.compress([1, 2, 3]), to: $0) }
      defer { server.stop() }
      let error = try #require(throws: DatasetError.self) {
        try Dataset.cifar10.fetch(source: server.address, places: places)
      }
      #expect(error.description.contains("cifar-10-binary.tar.gz: the file that arrived has the MD5"))
      #expect(error.description.contains("expected the MD5 c32a1d4ab5d03f1284b67883e8d87530"))
      #expect(try names(in: directory + "/cache/cifar-10") == [])
    }
  }

  /// An archive that has arrived is unpacked: made by the system's tar, in the form that the authors publish.
  @Test func archivesAreUnpacked() throws {
    try withTemporaryDirectory { directory in
      try writeCIFAR10(directory + "/cifar-10-batches-bin")
      let cache = directory + "/cache/cifar-10"
      try File.createDirectory(cache)
      let tar = Process()
      tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      tar.arguments = [
        "tar", "--format=ustar", "-czf", cache + "/cifar-10-binary.tar.gz", "-C", directory, "cifar-10-batches-bin",
      ]
      try tar.run()
      tar.waitUntilExit()
      try #require(tar.terminationStatus == 0)
      let places = DatasetPlaces(user: nil, system: directory + "/system", cache: directory + "/cache")
      let location = try Dataset.cifar10.fetch(source: "http://127.0.0.1:1/", places: places)
      #expect(location == DatasetLocation(directory: cache, origin: .cache))
      #expect(try names(in: cache) == (1...5).map { "data_batch_\($0).bin" } + ["test_batch.bin"])
      #expect(try Dataset.cifar10.load(directory: nil, source: nil, places: places).train.count == 10)
      // What was cut short on the disk is told.
      try File.remove(cache + "/test_batch.bin")
      try AtomicFile.write(Gzip.compress([UInt8](repeating: 7, count: 2000)), to: cache + "/cifar-10-binary.tar.gz")
      let error = try #require(throws: DatasetError.self) {
        try Dataset.cifar10.fetch(source: "http://127.0.0.1:1/", places: places)
      }
      #expect(error.description.contains("at byte 0: not a tar archive"))
    }
  }

  @Test func namesAreDistinct() {
    #expect(Set(Dataset.all.map(\.name)).count == Dataset.all.count)
    for dataset in Dataset.all {
      #expect(Dataset.named(dataset.name)?.title == dataset.title && !dataset.licence.isEmpty)
      #expect(dataset.downloadSize > 0 && dataset.source.hasPrefix("http"))
    }
    #expect(Dataset.cifar10.sourceVariable == "APUS_CIFAR_10_URL" && Dataset.named("cifar") == nil)
  }
}
