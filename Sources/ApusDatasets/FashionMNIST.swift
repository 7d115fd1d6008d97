import ApusData
import ApusDownloads
import ApusFiles

/// Fashion-MNIST: 60,000 and 10,000 pictures of clothes, 28 × 28 gray pixels, in ten classes (Zalando, MIT licence).
public enum FashionMNIST {
  public typealias Location = DatasetLocation

  /// What the labels 0 to 9 mean.
  public static let classNames = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
  ]

  /// Where its authors publish the files.
  public static let publishedSource = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"

  /// See ``Dataset/locate(directory:)``.
  public static func locate(directory: String? = nil) throws(FileError) -> DatasetLocation? {
    try Dataset.fashionMNIST.locate(directory: directory)
  }

  /// See ``Dataset/load(directory:source:progress:)``.
  public static func load(
    directory: String? = nil, source: String? = nil,
    progress: (FetchProgress) -> Download.Decision = { _ in .proceed }
  ) throws(DatasetError) -> ImageClassificationData {
    try Dataset.fashionMNIST.load(directory: directory, source: source, progress: progress)
  }

  /// See ``Dataset/load(from:)``.
  public static func load(from location: DatasetLocation) throws(DatasetError) -> ImageClassificationData {
    try Dataset.fashionMNIST.load(from: location)
  }
}
