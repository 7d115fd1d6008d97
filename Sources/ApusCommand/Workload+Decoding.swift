import Apus
import ApusCPU

extension Workload {
  /// GPT writes a text: the likeliest token after those before, 256 times, with the key–value cache. Each token has to read
  /// all weights, so that the memory's bandwidth is the limit.
  static let decoding = Maker(name: "gpt-decode") { _, _ in
    var key = RandomKey(0)
    let model = gpt(&key)
    HashedValues.fill(model, gain: 3)
    let cache = KeyValueCache(model, batch: 1)
    let next = compile(updating: [cache]) { inputs in
      let logits = model(inputs[0], cache: cache)
      return [logits.argMax(axis: -1).cast(to: .int32), logits.max()]
    }
    let first = Tensor([Int32(0)], shape: [1, 1]).evaluated()
    /// Writes so many tokens, and gives the largest logit of each.
    func write(_ count: Int) -> [Tensor] {
      cache.reset()
      var token = first
      return (0..<count).map { _ in
        let results = next([token])
        token = results[0]
        return results[1]
      }
    }
    let context = model.configuration.context
    return Workload(
      warmUp: { steps in
        _ = write(context)
        return write(steps).map { $0.item() }
      },
      step: { write(context).last! }, details: ["bytes_per_second": .number(CPUBackend.measureBandwidth())])
  }
}
