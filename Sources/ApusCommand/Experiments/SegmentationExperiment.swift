import Apus
import ApusFiles

extension Experiment {
  /// A U-Net learns which pixel belongs to what.
  static let segmentation = Experiment(
    name: "segmentation", summary: "a U-Net finds the garments of Fashion-MNIST in noisy scenes, pixel by pixel"
  ) { seed in
    let data = try DatasetAccess.load("fashion-mnist", directory: nil, isQuiet: true)
    let classes = ["ground"] + data.classNames
    var key = RandomKey(seed)
    let model = UNet(
      .init(width: 8, depth: 3, isPadded: true, batchNorm: true), classes: classes.count, key: &key)
    let optimizer = Adam(model, learningRate: 3e-3)
    let (scenesInBatch, epochs, steps) = (16, 2, 200)
    let loader = DataLoader(SceneExamples(data.train, isMixed: true), batchSize: scenesInBatch, seed: seed)
    let scheduler = Scheduler(
      optimizer, ScheduleKind.oneCycle.make(learningRate: 3e-3, steps: steps * epochs, withMomentum: false))
    let step = compile(updating: [model, optimizer]) { batch in
      let (loss, gradients) = valueAndGrad(model) { crossEntropy(model(batch[0]), batch[1]) }
      optimizer.update(gradients)
      return [loss]
    }
    var report = Report()
    for epoch in 0..<epochs {
      var total = 0.0
      for batch in loader.epoch(epoch).prefix(steps) {
        total += Phase.with(.training) { step(batch.tensors)[0].item() }
        scheduler.step()
      }
      report.lines.append(
        "epoch \(epoch + 1)/\(epochs) of \(steps * scenesInBatch) scenes: loss \((total / Double(steps)).fixed(4))")
    }
    let scenes = SegmentationRun.testBatches(data)
    let score = ConfusionMatrix(counts: Classifier(model).evaluate(scenes, classes: classes.count).confusion)
    let ground = ConfusionMatrix(counts: score.support.map { [$0] + [Int](repeating: 0, count: classes.count - 1) })
    func mean(_ matrix: ConfusionMatrix) -> Double { matrix.average(.intersectionOverUnion, .macro) }
    let unions = score.perClass(.intersectionOverUnion)
    report.lines += [
      "\(scenes.exampleCount.grouped) test scenes: \(score.value.percent()) of the pixels right, mean intersection "
        + "over union \(mean(score).fixed(3))",
      "all taken for ground: \(ground.value.percent()) right, mean intersection over union \(mean(ground).fixed(3))",
    ]
    for (name, share) in zip(classes, unions) { report.lines.append("  \(name.padded(12)) \(share.fixed(3))") }
    report.json = [
      "accuracy": .number(score.value), "mean_iou": .number(mean(score)), "ground_accuracy": .number(ground.value),
      "ground_mean_iou": .number(mean(ground)), "iou": .numbers(unions), "parameters": .integer(model.parameterCount),
    ]
    return report
  }
}
