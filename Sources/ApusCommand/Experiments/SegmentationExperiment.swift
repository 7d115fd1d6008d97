import Apus
import ApusFiles

extension Experiment {
  /// A U-Net learns which pixel belongs to what.
  static let segmentation = Experiment(
    name: "segmentation", summary: "a U-Net finds the garments of Fashion-MNIST in noisy scenes, pixel by pixel"
  ) { seed in
    let data = try DatasetAccess.load("fashion-mnist", directory: nil, isQuiet: true)
    let classes = data.classNames.count + 1
    var key = RandomKey(seed)
    let model = UNet(
      .init(width: 8, depth: 3, isPadded: true, batchNorm: true), classes: classes, key: &key)
    let optimizer = Adam(model, learningRate: 3e-3)
    let (scenesInBatch, epochs) = (16, 2)
    let loader = ImageLoader(data.train, batchSize: 4 * scenesInBatch, shuffleSeed: seed)
    let steps = 200
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
        let scenes = SegmentationScenes(batch.images, labels: batch.labels, key: &key)
        total += Phase.with(.training) { step([scenes.images, scenes.labels])[0].item() }
        scheduler.step()
      }
      report.lines.append(
        "epoch \(epoch + 1)/\(epochs) of \(steps * scenesInBatch) scenes: loss \((total / Double(steps)).fixed(4))")
    }
    var score = SegmentationScore(classes: classes)
    var ground = SegmentationScore(classes: classes)
    let answer = compile(updating: model) { model($0) }
    for batch in ImageLoader(data.test, batchSize: 200).epoch(0) {
      let scenes = SegmentationScenes(batch.images, labels: batch.labels, key: &key)
      let logits = Phase.with(.inference) { answer(scenes.images) }
      score.add(logits, scenes.labels)
      ground.add(logits * 0, scenes.labels)
    }
    report.lines += [
      "\((data.test.count / 4).grouped) test scenes: \(score.accuracy.percent()) of the pixels right, mean intersection "
        + "over union \(score.meanIntersectionOverUnion.fixed(3))",
      "all taken for ground: \(ground.accuracy.percent()) right, mean intersection over union "
        + ground.meanIntersectionOverUnion.fixed(3),
    ]
    for (name, share) in zip(["ground"] + data.classNames, score.intersectionOverUnion) {
      report.lines.append("  \(name.padded(12)) \((share ?? 0).fixed(3))")
    }
    report.json = [
      "accuracy": .number(score.accuracy), "mean_iou": .number(score.meanIntersectionOverUnion),
      "ground_accuracy": .number(ground.accuracy), "ground_mean_iou": .number(ground.meanIntersectionOverUnion),
      "iou": .numbers(score.intersectionOverUnion.map { $0 ?? 0 }), "parameters": .integer(model.parameterCount),
    ]
    return report
  }
}
