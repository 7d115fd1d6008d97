import Apus
import ApusFiles

extension Command {
  static let bootstrap = Command(
    name: "bootstrap", summary: "Draw a training set with replacement, for bagging", operands: "DATASET",
    operandCount: 1...1,
    options: [
      Option(name: "data", value: "DIR", help: "where the data set is (default: found or fetched)"),
      Option(name: "seed", value: "N", help: "of the draw (default 0)"),
      Option(name: "out", value: "DIR", help: "where to write it (default bootstrap)"),
    ],
    details: """
      As many training images as there are, some several times and 37 % not at all; the test images stay.
      Bagging is training on several such sets and asking all models (Breiman 1996):
        apus bootstrap fashion-mnist --seed 1 --out bags/1
        apus train lenet5 --data bags/1 --out runs/bag-1
        apus ensemble runs/bag-1 runs/bag-2 runs/bag-3
      """
  ) { arguments in
    let data = try DatasetAccess.load(arguments.operands[0], directory: arguments.string("data"), isQuiet: false)
    guard data.train.channels == 1 else {
      throw Failure("\(data.name): images of \(data.train.channels) channels, expected gray ones")
    }
    let out = arguments.string("out") ?? "bootstrap"
    guard !File.exists(out), !File.isDirectory(out) else {
      throw Failure("\(out): is there already, name another directory")
    }
    var key = RandomKey(try arguments.seed("seed") ?? 0)
    let drawn = Bagging.bootstrap(data.train.count, key: &key)
    try File.createDirectory(out)
    try write(data.train, drawn, to: out, prefix: "train")
    try write(data.test, Array(0..<data.test.count), to: out, prefix: "t10k")
    let share = (Double(Set(drawn).count) / Double(max(1, drawn.count))).percent(1)
    Terminal.print("\(out): \(drawn.count.grouped) images, \(share) of all")
  }

  /// Some images and their labels, in the form of MNIST.
  private static func write(_ images: LabeledImages, _ places: [Int], to directory: String, prefix: String) throws {
    let size = images.height * images.width
    var pixels: [UInt8] = []
    pixels.reserveCapacity(places.count * size)
    for place in places { pixels += images.pixels[place * size..<(place + 1) * size] }
    let labels = places.map { images.labels[$0] }
    try AtomicFile.write(
      IDXFile.encode(dimensions: [places.count, images.height, images.width], bytes: pixels),
      to: "\(directory)/\(prefix)-images-idx3-ubyte")
    try AtomicFile.write(
      IDXFile.encode(dimensions: [places.count], bytes: labels), to: "\(directory)/\(prefix)-labels-idx1-ubyte")
  }
}
