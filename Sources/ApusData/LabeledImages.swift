/// Pictures of one size, each with the number of its class.
public struct LabeledImages: Hashable, Sendable {
  public let count: Int
  public let height: Int
  public let width: Int
  /// How many samples a pixel has: 1 gray, 3 red, green and blue.
  public let channels: Int
  /// The samples of all pictures: `count * height * width * channels`, the last varying fastest.
  public let pixels: [UInt8]
  /// The class of each picture.
  public let labels: [UInt8]

  /// Pictures and their labels. Throws a ``DataError`` when the numbers of samples or labels do not match the sizes.
  public init(
    count: Int, height: Int, width: Int, channels: Int, pixels: [UInt8], labels: [UInt8]
  ) throws(DataError) {
    guard count >= 0, height > 0, width > 0, channels > 0 else {
      throw DataError("\(count) images of \(height) × \(width) × \(channels): sizes must be positive")
    }
    guard labels.count == count else { throw DataError("\(count) images but \(labels.count) labels") }
    guard IDXFile.product([count, height, width, channels]) == pixels.count else {
      throw DataError(
        "\(pixels.count) samples do not make \(count) images of \(height) × \(width) pixels with \(channels) channels")
    }
    self.count = count
    self.height = height
    self.width = width
    self.channels = channels
    self.pixels = pixels
    self.labels = labels
  }
}

/// A data set of pictures to be classified.
public struct ImageClassificationData: Hashable, Sendable {
  /// What people call it.
  public let name: String
  /// What each label means.
  public let classNames: [String]
  /// The part to learn from.
  public let train: LabeledImages
  /// The part to judge by.
  public let test: LabeledImages

  /// A data set. Throws a ``DataError`` when a label has no name or the two parts differ in the size of their pictures.
  public init(name: String, classNames: [String], train: LabeledImages, test: LabeledImages) throws(DataError) {
    guard train.height == test.height, train.width == test.width, train.channels == test.channels else {
      throw DataError("\(name): training and test images differ in size")
    }
    for (part, images) in [("training", train), ("test", test)] {
      if let index = images.labels.firstIndex(where: { $0 >= classNames.count }) {
        throw DataError(
          "\(name): \(part) image \(index) has the label \(images.labels[index]), expected less than \(classNames.count)"
        )
      }
    }
    self.name = name
    self.classNames = classNames
    self.train = train
    self.test = test
  }
}

/// Data that contradict themselves; printed as one line.
public struct DataError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}
