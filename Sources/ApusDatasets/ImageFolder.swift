import ApusData
import ApusFiles
import ApusImages
import Dispatch
import Synchronization

/// Pictures in a folder, PNG or JPEG, one folder for each class; brought to one size and kind as they are read.
///
/// All files are read once when the folder is opened, so that what is damaged is known before anything is learned from it.
/// What fits into memory stays there; otherwise a picture is read again each time it is asked for.
public struct ImageFolder: ImageSource {
  public let classNames: [String]
  public let height: Int
  public let width: Int
  public let channels: Int
  /// The files, each with its class.
  public let paths: [String]
  public let labels: [Int]
  /// The samples of all pictures; nil when they are read when they are asked for.
  private let memory: [UInt8]?
  private let later = LaterProblems()

  public var count: Int { paths.count }

  /// Whether the pictures are kept in memory.
  public var isInMemory: Bool { memory != nil }

  /// What went wrong with files that were right when the folder was opened, each told once. Another picture, the next one
  /// that can be read, has stood in for each.
  public var laterProblems: [FileError] { later.all }

  public func label(_ index: Int) -> Int { labels[index] }

  public func pixels(_ index: Int) -> ArraySlice<UInt8> {
    let size = height * width * channels
    if let memory { return memory[(index * size)..<((index + 1) * size)] }
    for offset in 0..<min(count, 100) {
      let path = paths[(index + offset) % count]
      do throws(FileError) {
        return try Self.samples(of: path, height: height, width: width, channels: channels)[...]
      } catch {
        later.note(error)
      }
    }
    return [UInt8](repeating: 0, count: size)[...]
  }

  /// The folder's training and test pictures, and what could not be read.
  public struct Contents: Sendable {
    public let train: ImageFolder
    public let test: ImageFolder
    /// The files that were left out, each with the reason, in the order of their names.
    public let problems: [FileError]
  }

  /// Opens a folder: with `train` and `val` (or `test`), each with a folder for each class, or with the folders of the
  /// classes, from which a share of each class is taken at random to judge by.
  ///
  /// Pictures are resized so that they fill the size, and their middle is cut out. Files of other names than .png, .jpg and
  /// .jpeg, and hidden ones, are not looked at.
  ///
  /// - Parameters:
  ///   - channels: 1 for gray pictures, 3 for color.
  ///   - testShare: How much is taken to judge by where the folder has no such part.
  ///   - seed: Of what is taken.
  ///   - isStrict: Whether a file that is no picture is an error; otherwise it is left out and told.
  ///   - memoryLimit: How many bytes of samples are kept in memory.
  ///
  /// Throws a ``DatasetError`` when the folder has no classes, a class is only in the test part, nothing can be read, or,
  /// if strict, at the first file that cannot.
  public static func open(
    _ directory: String, height: Int, width: Int, channels: Int, testShare: Double = 0.2, seed: UInt64 = 0,
    isStrict: Bool = false, memoryLimit: Int = 1 << 30
  ) throws(DatasetError) -> Contents {
    guard height > 0, width > 0, channels == 1 || channels == 3 else {
      fatalError("ImageFolder.open: \(height) × \(width) × \(channels), expected a size and 1 or 3 channels")
    }
    let listing = try DatasetError.naming { () throws(FileError) in try FolderListing(directory) }
    let files = listing.train + listing.test
    let size = height * width * channels
    let isKept = size <= memoryLimit / max(1, files.count)
    let results = concurrently(files.count) { index in
      Result { () throws(FileError) in
        let samples = try samples(of: files[index].path, height: height, width: width, channels: channels)
        return isKept ? samples : []
      }
    }
    var problems: [FileError] = []
    var good: [Int] = []
    for (index, result) in results.enumerated() {
      switch result {
      case .success: good.append(index)
      case .failure(let error): problems.append(error)
      }
    }
    if isStrict, let first = problems.first { throw .file(first) }
    guard !good.isEmpty else {
      throw .data(DataError("\(directory): none of \(files.count) pictures can be read; the first: \(problems[0])"))
    }
    func part(_ indices: [Int]) -> ImageFolder {
      var memory: [UInt8]?
      if isKept {
        memory = []
        memory!.reserveCapacity(indices.count * size)
        for case .success(let samples) in indices.map({ results[$0] }) { memory! += samples }
      }
      return ImageFolder(
        classNames: listing.classNames, height: height, width: width, channels: channels,
        paths: indices.map { files[$0].path }, labels: indices.map { files[$0].label }, memory: memory)
    }
    if !listing.test.isEmpty {
      let border = listing.train.count
      return Contents(
        train: part(good.filter { $0 < border }), test: part(good.filter { $0 >= border }), problems: problems)
    }
    let split = stratifiedSplit(good.map { files[$0].label }, share: testShare, seed: seed)
    return Contents(
      train: part(split.first.map { good[$0] }), test: part(split.second.map { good[$0] }), problems: problems)
  }

  /// Whether a directory has the form of an image folder.
  public static func isImageFolder(_ directory: String) -> Bool {
    do throws(FileError) {
      return try !FolderListing(directory).train.isEmpty
    } catch {
      return false
    }
  }

  private static func samples(of path: String, height: Int, width: Int, channels: Int) throws(FileError) -> [UInt8] {
    let image = try Image(contentsOf: path)
    return (channels == 1 ? image.grayscale() : image.rgb()).filling(width: width, height: height).pixels
  }

  /// The results of a function of 0, 1, …, on all cores.
  private static func concurrently<Value: Sendable>(
    _ count: Int, _ body: @Sendable (Int) -> Value
  ) -> [Value] {
    let results = Mutex([Int: Value](minimumCapacity: count))
    DispatchQueue.concurrentPerform(iterations: count) { index in
      let value = body(index)
      results.withLock { $0[index] = value }
    }
    return results.withLock { values in (0..<count).map { values[$0]! } }
  }
}

extension ImageFolder.Contents {
  /// The pictures as a data set in memory. Throws a ``DatasetError`` when there are more than 256 classes, or a part has no
  /// pictures.
  public func imageData(name: String) throws(DatasetError) -> ImageClassificationData {
    let classNames = train.classNames
    do throws(DataError) {
      guard classNames.count <= 256 else {
        throw DataError("\(name): \(classNames.count) classes, more than the 256 that are kept in memory")
      }
      func labeled(_ folder: ImageFolder, _ part: String) throws(DataError) -> LabeledImages {
        guard folder.count > 0 else { throw DataError("\(name): no \(part) pictures") }
        return try LabeledImages(
          count: folder.count, height: folder.height, width: folder.width, channels: folder.channels,
          pixels: (0..<folder.count).flatMap { folder.pixels($0) }, labels: folder.labels.map { UInt8($0) })
      }
      return try ImageClassificationData(
        name: name, classNames: classNames, train: try labeled(train, "training"), test: try labeled(test, "test"))
    } catch {
      throw .data(error)
    }
  }
}

/// What went wrong after the beginning, from any thread, each file once.
private final class LaterProblems: Sendable {
  private let problems = Mutex<[String: FileError]>([:])
  func note(_ error: FileError) { problems.withLock { $0[error.path] = error } }
  var all: [FileError] { problems.withLock { $0.values.sorted { $0.path < $1.path } } }
}

/// The picture files under a folder, by class and part.
struct FolderListing {
  typealias File = (path: String, label: Int)

  let classNames: [String]
  let train: [File]
  /// Empty when the folder has no such part.
  let test: [File]

  init(_ directory: String) throws(FileError) {
    let folders = try Self.folders(in: directory)
    let trainFolder = ["train", "training"].first { folders.contains($0) }
    let testFolder = ["val", "valid", "validation", "test"].first { folders.contains($0) }
    let root = trainFolder.map { directory.appendingPath($0) } ?? directory
    var names: [String] = []
    var train: [File] = []
    for name in try Self.folders(in: root) {
      let files = try Self.pictures(in: root.appendingPath(name))
      if files.isEmpty { continue }
      train += files.map { ($0, names.count) }
      names.append(name)
    }
    guard !names.isEmpty else {
      throw .malformed(root, "expected a folder of .png or .jpg files for each class, found none")
    }
    var test: [File] = []
    if trainFolder != nil, let testFolder {
      let root = directory.appendingPath(testFolder)
      for name in try Self.folders(in: root) {
        let files = try Self.pictures(in: root.appendingPath(name))
        if files.isEmpty { continue }
        guard let label = names.firstIndex(of: name) else {
          throw .malformed(root.appendingPath(name), "a class that the training pictures do not have")
        }
        test += files.map { ($0, label) }
      }
    }
    (classNames, self.train, self.test) = (names, train, test)
  }

  private static func folders(in directory: String) throws(FileError) -> [String] {
    guard ApusFiles.File.isDirectory(directory) else {
      let problem = ApusFiles.File.exists(directory) ? "not a directory" : "no such directory"
      throw FileError(path: directory, kind: .system(code: 2), problem: problem)
    }
    return try ApusFiles.File.names(in: directory).filter {
      ApusFiles.File.isDirectory(directory.appendingPath($0))
    }
  }

  private static func pictures(in directory: String) throws(FileError) -> [String] {
    try ApusFiles.File.names(in: directory).filter { ImageFormat(path: $0) != nil }
      .map { directory.appendingPath($0) }
  }
}
