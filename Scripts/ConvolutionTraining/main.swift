import Apus
import Foundation

// Trains ResNet-18 (small stem) on a part of Fashion-MNIST with one seed and prints the last epoch's mean loss and the
// test accuracy in percent. APUS_CONV chooses the kernels. See compare-convolution-training.sh.

/// The first images of a set, made 14 × 14 by means of four pixels, with the grey as each of three colours.
func load(_ folder: String, _ set: String, count: Int) throws -> LabeledImages {
  func read(_ name: String) throws -> [UInt8] {
    let path = "\(folder)/\(set)-\(name)-ubyte"
    return try IDXFile(bytes: [UInt8](Data(contentsOf: URL(fileURLWithPath: path))), path: path).bytes
  }
  let large = try read("images-idx3")
  var pixels: [UInt8] = []
  for image in 0..<count {
    for row in 0..<14 {
      for column in 0..<14 {
        let first = (image * 28 + 2 * row) * 28 + 2 * column
        let sum = [first, first + 1, first + 28, first + 29].reduce(0) { $0 + Int(large[$1]) }
        pixels += [UInt8](repeating: UInt8((sum + 2) / 4), count: 3)
      }
    }
  }
  let labels = Array(try read("labels-idx1").prefix(count))
  return try LabeledImages(count: count, height: 14, width: 14, channels: 3, pixels: pixels, labels: labels)
}

let (folder, seed) = (CommandLine.arguments[1], UInt64(CommandLine.arguments[2])!)
let train = ImageLoader(try load(folder, "train", count: 3200), batchSize: 32, shuffleSeed: seed)
let test = try load(folder, "t10k", count: 2000)

var key = RandomKey(seed)
let model = ResNet(.resnet18, classes: 10, stem: .small, key: &key)
let optimizer = SGD(model, learningRate: 0.02, momentum: 0.9)
let step = compile(updating: model, optimizer) { (images: Tensor, labels: Tensor) -> Tensor in
  let (loss, gradients) = valueAndGrad(model) { crossEntropy(model(images), labels) }
  optimizer.update(gradients)
  return loss
}
var loss = 0.0
for epoch in 0..<3 {
  loss = 0
  for batch in train.epoch(epoch) {
    loss += Phase.with(.training) { step(batch.images, batch.labels).item() } / Double(train.batchCount)
  }
}
let accuracy = Classifier(model).evaluate(test, classes: 10).accuracy
print(String(format: "%.4f %.2f", loss, 100 * accuracy))
