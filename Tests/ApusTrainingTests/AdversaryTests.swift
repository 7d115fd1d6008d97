import Apus
import ApusFilesTestSupport
import Testing

/// Two nets with an optimizer each that work against each other (Goodfellow et al. 2014), under one trainer.
@Suite struct AdversaryTests {
  private static func makeTrainer(_ directory: RunDirectory?, epochs: Int) -> Trainer {
    var key = RandomKey(4)
    let generator = Sequential {
      Linear(2, 8, key: &key)
      Tanh()
      Linear(8, 3, key: &key)
    }
    let discriminator = Sequential {
      Linear(3, 8, key: &key)
      LeakyReLU(negativeSlope: 0.2)
      Linear(8, 1, key: &key)
    }
    let noise = RandomState(seed: 9)
    func made(_ count: Int) -> Tensor { generator(.normal([count, 2], key: &noise.key)) }
    func loss(_ logits: Tensor, _ isReal: Bool) -> Tensor {
      // −log σ(±logit), without overflow.
      (isReal ? -logits : logits).softplus().mean()
    }
    let judging = Objective(
      name: "discriminator", discriminator, Adam(discriminator, learningRate: 0.01, beta1: 0.5)
    ) { batch in
      BatchLoss(loss(discriminator(batch[0]), true) + loss(discriminator(made(batch[0].shape[0])), false))
    }
    let making = Objective(
      name: "generator", generator, Adam(generator, learningRate: 0.01, beta1: 0.5), interval: 2
    ) { batch in BatchLoss(loss(discriminator(made(batch[0].shape[0])), true)) }
    let task = TrainingTask(judging, making, state: [("noise", noise)]) { batch in
      Judgement(predictions: discriminator(batch[0]), targets: batch[1])
    }
    return Trainer(task, data: FormulaBatches(), options: TrainerOptions(epochs: epochs), directory: directory)
  }

  @Test func bothGoOnToTheSameBits() throws {
    try withTemporaryDirectory { path in
      let (whole, parts) = (try makeDirectory(path + "/whole"), try makeDirectory(path + "/parts"))
      try Self.makeTrainer(whole, epochs: 3).run()
      var trainer = Self.makeTrainer(parts, epochs: 3)
      while case .interrupted = try trainer.run(shouldStop: { true }) {
        trainer = Self.makeTrainer(parts, epochs: 3)
        try trainer.resume()
      }
      #expect(try File.read(whole.modelPath) == File.read(parts.modelPath))
      #expect(try File.read(whole.checkpointPath) == File.read(parts.checkpointPath))
      let names = Set(try whole.measurements().map(\.name))
      #expect(names == ["epoch_discriminator_loss", "epoch_generator_loss"])
    }
  }
}
