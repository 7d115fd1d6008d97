import ApusData
import ApusDownloads
import ApusFiles

/// Fashion-MNIST: 60,000 and 10,000 pictures of clothes, 28 × 28 gray pixels, in ten classes (Zalando, MIT licence).
public enum FashionMNIST {
  /// What the labels 0 to 9 mean.
  public static let classNames = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
  ]

  /// Where its authors publish the files.
  public static let publishedSource = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"

  /// A directory that has the four files.
  public struct Location: Hashable, Sendable {
    /// Whose directory it is.
    public enum Origin: Hashable, Sendable {
      /// The caller named it.
      case given
      /// The environment variable `APUS_DATA` named it.
      case environment
      /// A package of the system put it there.
      case system
      /// It was fetched before.
      case cache
    }

    public let directory: String
    public let origin: Origin

    public init(directory: String, origin: Origin) {
      self.directory = directory
      self.origin = origin
    }

    /// What to do about a file here that is not Fashion-MNIST's; nil where that is allowed: a user may bring other data
    /// of the same form, as MNIST's.
    var remedy: String? {
      switch origin {
      case .given, .environment: nil
      case .system: "reinstall the package it belongs to"
      case .cache: "remove it to have it fetched again"
      }
    }
  }

  /// What a fetch is doing.
  public struct FetchProgress: Hashable, Sendable {
    /// The name of the file that is being fetched.
    public let file: String
    /// Its place among the files to be fetched, counted from one, and their number.
    public let index: Int
    public let count: Int
    /// The bytes that have arrived, and the size of the file where the server tells it.
    public let received: Int
    public let total: Int?
  }

  /// The directory on this machine that has the data set; nil when there is none and it must be fetched.
  ///
  /// Looks into `directory` only, if one is given; otherwise into `$APUS_DATA`, `$APUS_DATA/fashion-mnist`, the
  /// system's package and the user's cache. Throws a ``FileError`` that names the missing file when `directory`,
  /// or the one of `APUS_DATA`, has not all of them.
  public static func locate(directory: String? = nil) throws(FileError) -> Location? {
    try locate(directory: directory, places: .current)
  }

  package static func locate(directory: String?, places: DatasetPlaces) throws(FileError) -> Location? {
    if let directory {
      try requireFiles(in: directory)
      return Location(directory: directory, origin: .given)
    }
    if let user = places.user {
      for directory in [user, user.appendingPath(directoryName)]
      where files.contains(where: { $0.isPresent(directory) }) {
        try requireFiles(in: directory)
        return Location(directory: directory, origin: .environment)
      }
    }
    let system = places.system.appendingPath(directoryName)
    if files.allSatisfy({ $0.isPresent(system) }) { return Location(directory: system, origin: .system) }
    if let cache = places.cache?.appendingPath(directoryName), files.allSatisfy({ $0.isPresent(cache) }) {
      return Location(directory: cache, origin: .cache)
    }
    return nil
  }

  /// Fetches into the user's cache what is missing there of the four files (30 MB), and verifies it.
  ///
  /// `source` is the address of a directory; without one it is that of `$APUS_FASHION_MNIST_URL` or the published one.
  /// Throws a ``DatasetError``; what was complete stays, and an interrupted file goes on where it stopped next time.
  public static func fetch(
    source: String? = nil, progress: (FetchProgress) -> Download.Decision = { _ in .proceed }
  ) throws(DatasetError) -> Location {
    try fetch(source: source, places: .current, progress: progress)
  }

  package static func fetch(
    source: String?, places: DatasetPlaces, progress: (FetchProgress) -> Download.Decision = { _ in .proceed }
  ) throws(DatasetError) -> Location {
    guard let cache = places.cache else {
      throw .data(DataError("no place to keep Fashion-MNIST: neither XDG_CACHE_HOME nor HOME is set"))
    }
    let directory = cache.appendingPath(directoryName)
    let source = source ?? DatasetPlaces.environment("APUS_FASHION_MNIST_URL") ?? publishedSource
    let missing = files.filter { !$0.isPresent(directory) }
    for (index, file) in missing.enumerated() {
      let name = file.name + ".gz"
      let download = Download(
        from: source.appendingPath(name), to: directory.appendingPath(name), maximumSize: MNISTFile.maximumSize)
      do throws(DownloadError) {
        try download.run(
          progress: {
            progress(
              FetchProgress(
                file: name, index: index + 1, count: missing.count, received: $0.received, total: $0.total))
          },
          verify: { (path) throws(FileError) in
            try file.requireMatch(try MNISTFile.contents(path, isCompressed: true), path: path)
          })
      } catch {
        let hint = "install the Debian package dataset-fashion-mnist, or name a directory that has the files (--data)"
        throw .download(error, hint: error == .cancelled(source: download.source) ? nil : hint)
      }
    }
    return Location(directory: directory, origin: .cache)
  }

  /// The data set: from this machine, or else fetched.
  ///
  /// A `directory` may hold other data of the same form, as MNIST's: then the classes are named "0" to "9".
  /// Throws a ``DatasetError`` in one line when a file is missing, damaged or wrong, or cannot be fetched.
  public static func load(
    directory: String? = nil, source: String? = nil,
    progress: (FetchProgress) -> Download.Decision = { _ in .proceed }
  ) throws(DatasetError) -> ImageClassificationData {
    try load(directory: directory, source: source, places: .current, progress: progress)
  }

  package static func load(
    directory: String?, source: String?, places: DatasetPlaces,
    progress: (FetchProgress) -> Download.Decision = { _ in .proceed }
  ) throws(DatasetError) -> ImageClassificationData {
    let located: Location?
    do throws(FileError) {
      located = try locate(directory: directory, places: places)
    } catch {
      throw .file(error)
    }
    let location = if let located { located } else { try fetch(source: source, places: places, progress: progress) }
    return try load(from: location)
  }

  /// The data set in a directory that ``locate(directory:)`` or ``fetch(source:progress:)`` found.
  ///
  /// Throws a ``DatasetError`` when a file is missing, damaged or wrong.
  public static func load(from location: Location) throws(DatasetError) -> ImageClassificationData {
    let train: (images: LabeledImages, isOriginal: Bool)
    let test: (images: LabeledImages, isOriginal: Bool)
    do throws(FileError) {
      train = try loadPart(images: files[0], labels: files[1], from: location)
      test = try loadPart(images: files[2], labels: files[3], from: location)
    } catch {
      throw .file(error)
    }
    let isOriginal = train.isOriginal && test.isOriginal
    do throws(DataError) {
      return try ImageClassificationData(
        name: isOriginal ? "Fashion-MNIST" : location.directory,
        classNames: isOriginal ? classNames : (0..<10).map(String.init), train: train.images, test: test.images)
    } catch {
      throw .data(error)
    }
  }

  // MARK: The files

  static let directoryName = "fashion-mnist"

  /// Training images and labels, then those of the test. The digests are of the decompressed files.
  static let files = [
    MNISTFile(name: "train-images-idx3-ubyte", md5: "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
    MNISTFile(name: "train-labels-idx1-ubyte", md5: "9018921c3c673c538a1fc5bad174d6f9"),
    MNISTFile(name: "t10k-images-idx3-ubyte", md5: "8181f5470baa50b63fa0f6fddb340f0a"),
    MNISTFile(name: "t10k-labels-idx1-ubyte", md5: "15d484375f8d13e6eb1aabb0c3f46965"),
  ]

  private static func requireFiles(in directory: String) throws(FileError) {
    for file in files { _ = try file.path(in: directory) }
  }

  private static func loadPart(
    images: MNISTFile, labels: MNISTFile, from location: Location
  ) throws(FileError) -> (images: LabeledImages, isOriginal: Bool) {
    let pixels = try images.read(from: location.directory, remedy: location.remedy)
    let classes = try labels.read(from: location.directory, remedy: location.remedy)
    try pixels.requireImages()
    try classes.requireLabels(for: pixels)
    let shape = pixels.array.dimensions
    do throws(DataError) {
      let images = try LabeledImages(
        count: shape[0], height: shape[1], width: shape[2], channels: 1, pixels: pixels.array.bytes,
        labels: classes.array.bytes)
      return (images, pixels.isOriginal && classes.isOriginal)
    } catch {
      throw .malformed(pixels.path, error.description)
    }
  }
}
