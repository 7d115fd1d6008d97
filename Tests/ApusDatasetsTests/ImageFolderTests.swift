import Apus
import ApusDatasets
import ApusFiles
import ApusFilesTestSupport
import ApusImages
import Testing

@Suite struct ImageFolderTests {
  /// A picture of one color with a darker corner.
  private func picture(width: Int, height: Int, _ color: [UInt8]) -> Image {
    let pixels = (0..<(width * height)).flatMap { $0 == 0 ? color.map { $0 / 2 } : color }
    return Image(width: width, height: height, channels: color.count, pixels: pixels)
  }

  private func write(_ directory: String, _ name: String, _ color: [UInt8], width: Int = 20, height: Int = 16) throws {
    try File.createDirectory((directory + "/" + name).directoryName)
    try picture(width: width, height: height, color).write(to: directory + "/" + name)
  }

  /// Two classes with everything that can be wrong in the second.
  private func makeHostile(_ directory: String) throws {
    for number in 0..<5 { try write(directory, "red/\(number).png", [255, 0, 0]) }
    try write(directory, "blue/gray.png", [40])
    try write(directory, "blue/small.png", [0, 0, 255], width: 1, height: 1)
    try write(directory, "blue/good.jpg", [0, 0, 255])
    try AtomicFile.write(bytes(hexadecimal: inkJPEG), to: directory + "/blue/inks.jpg")
    let whole = picture(width: 64, height: 64, [0, 0, 255]).jpegData()
    try AtomicFile.write(Array(whole.prefix(whole.count - 40)), to: directory + "/blue/cut.jpg")
    try AtomicFile.write("no picture", to: directory + "/blue/text.png")
    try AtomicFile.write("notes", to: directory + "/blue/readme.txt")
    try AtomicFile.write("hidden", to: directory + "/blue/.hidden.png")
  }

  @Test func badFilesAreNamedAndLeftOut() throws {
    try withTemporaryDirectory { directory in
      try makeHostile(directory)
      #expect(ImageFolder.isImageFolder(directory))
      let contents = try ImageFolder.open(directory, height: 8, width: 8, channels: 3)
      #expect(contents.problems.map(\.path) == ["\(directory)/blue/cut.jpg", "\(directory)/blue/text.png"])
      #expect(contents.problems[0].description.contains("a damaged JPEG image (Premature end of JPEG file)"))
      #expect(contents.problems[1].description.contains("not a PNG or JPEG image"))
      #expect(contents.train.classNames == ["blue", "red"])
      // Four of five of each class to learn from, with rounding: 4 blue ones, 5 red ones.
      #expect(contents.train.count == 7 && contents.test.count == 2)
      let data = try contents.imageData(name: "colors")
      #expect(data.train.pixels.count == 7 * 192 && data.classNames == ["blue", "red"])
      for index in 0..<contents.train.count where contents.train.label(index) == 1 {
        #expect(contents.train.pixels(index).dropFirst(96).prefix(3) == [255, 0, 0])
      }
      let strict = try #require(throws: DatasetError.self) {
        try ImageFolder.open(directory, height: 8, width: 8, channels: 3, isStrict: true)
      }
      #expect(strict.description == contents.problems[0].description)
    }
  }

  @Test func picturesAreReadWhenTheyAreAskedFor() throws {
    try withTemporaryDirectory { directory in
      try makeHostile(directory)
      let kept = try ImageFolder.open(directory, height: 8, width: 8, channels: 1).train
      let lazy = try ImageFolder.open(directory, height: 8, width: 8, channels: 1, memoryLimit: 100).train
      #expect(kept.isInMemory && !lazy.isInMemory && kept.paths == lazy.paths && kept.labels == lazy.labels)
      func batches(_ folder: ImageFolder, threads: Int) -> [[Float]] {
        DataLoader(ImageExamples(folder), batchSize: 3, seed: 1, threads: threads).epoch(0).map {
          $0.tensors[0].scalars()
        }
      }
      #expect(batches(kept, threads: 1) == batches(lazy, threads: 3))
      // A file that is gone later is told once, and another picture stands in.
      try File.remove(lazy.paths[2])
      for _ in 0..<3 { #expect(lazy.pixels(2) == lazy.pixels(3)) }
      #expect(lazy.laterProblems.map(\.path) == [lazy.paths[2]])
    }
  }

  @Test func partsAreFolders() throws {
    try withTemporaryDirectory { directory in
      for (part, count) in [("train", 3), ("val", 2)] {
        for number in 0..<count {
          for name in ["cat", "dog"] { try write(directory, "\(part)/\(name)/\(number).png", [UInt8(number), 9, 9]) }
        }
      }
      try File.createDirectory(directory + "/train/empty")
      let contents = try ImageFolder.open(directory, height: 4, width: 4, channels: 3)
      #expect(contents.train.count == 6 && contents.test.count == 4 && contents.problems.isEmpty)
      #expect(contents.test.paths[0] == directory + "/val/cat/0.png" && contents.test.labels == [0, 0, 1, 1])
      try write(directory, "val/mouse/0.png", [1, 2, 3])
      let error = try #require(throws: DatasetError.self) {
        try ImageFolder.open(directory, height: 4, width: 4, channels: 3)
      }
      #expect(error.description == "\(directory)/val/mouse: a class that the training pictures do not have")
    }
  }

  @Test func foldersWithoutPicturesAreRefused() throws {
    try withTemporaryDirectory { directory in
      func problem() throws -> String {
        try #require(throws: DatasetError.self) {
          try ImageFolder.open(directory + "/data", height: 4, width: 4, channels: 3)
        }.description
      }
      #expect(try problem() == "\(directory)/data: no such directory")
      try File.createDirectory(directory + "/data/a")
      #expect(try problem().contains("expected a folder of .png or .jpg files for each class"))
      try AtomicFile.write("text", to: directory + "/data/a/b.png")
      #expect(try problem().contains("none of 1 pictures can be read; the first: "))
      #expect(!ImageFolder.isImageFolder(directory + "/none"))
    }
  }
}
