import Apus

/// Examples from a formula, in an order that depends on the epoch.
struct FormulaBatches: BatchLoader {
  var exampleCount = 90
  var batchSize = 16
  /// Which example holds a number that is none.
  var spoiled: Int?
  /// Class numbers instead of numbers.
  var isClassified = true

  var batchCount: Int { (exampleCount + batchSize - 1) / batchSize }

  func epoch(_ epoch: Int, startingAt first: Int) -> Prefetched<Batch> {
    let order = shuffledOrder(exampleCount, seed: 3, epoch: epoch)
    return Prefetched(first..<max(first, batchCount)) { number in
      let places = order.dropFirst(number * batchSize).prefix(batchSize)
      let inputs = places.flatMap { place in
        (0..<3).map { place == spoiled ? Float.nan : Float((place * (2 * $0 + 3)) % 17) / 8 - 1 }
      }
      let targets = places.map { Float(($0 * 3) % 17) / 8 - 1 + Float(($0 * 5) % 17) / 8 - 1 }
      let labels = Tensor(targets.map { Int32($0 > 0 ? 1 : 0) })
      return Batch(
        [
          Tensor(inputs, shape: [places.count, 3]),
          isClassified ? labels : Tensor(targets, shape: [places.count, 1]),
        ], count: places.count)
    }
  }
}

/// A small net with everything that has state: random numbers and running statistics.
func makeNet(_ outputs: Int, seed: UInt64 = 1) -> Sequential {
  var key = RandomKey(seed)
  return Sequential {
    Linear(3, 16, key: &key)
    BatchNorm(16)
    ReLU()
    Dropout(0.2, key: &key)
    Linear(16, outputs, key: &key)
  }
}

extension Module {
  /// The bytes of all parameters and buffers.
  var bytes: [[UInt8]] { namedTensors.map { $0.tensor.bytes } }
}

/// A fresh run directory.
func makeDirectory(_ path: String) throws -> RunDirectory {
  let directory = RunDirectory(path)
  try directory.create()
  return directory
}
