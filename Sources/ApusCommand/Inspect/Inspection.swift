import Apus
import ApusDrawing
import ApusFiles
import ApusImages

/// What `apus inspect` is to look at.
struct Inspection {
  let model: PictureModel
  let imagePath: String
  let picture: Image
  let input: Tensor
  let probabilities: [Double]
  let label: Int
  /// Of Grad-CAM; nil for the last one with more than one place.
  let layer: String?
  let shift: Int
  /// How many maps and filters of each layer are drawn.
  let mapCount: Int

  /// Everything that is drawn.
  func computed() throws -> InspectionResult {
    let maps = FeatureMap.all(of: model.model, input)
    let spatial = maps.filter { $0.values.shape[1] * $0.values.shape[2] > 1 }
    guard let path = layer ?? spatial.last?.path else {
      throw Failure("\(model.name) has no layer that returns images: it cannot be inspected")
    }
    guard let heat = Attribution.gradCAM(of: model.model, input, label: label, path: path) else {
      var names: [String] = []
      for map in maps where !names.contains(map.path) { names.append(map.path) }
      throw UsageError(unknown: "layer", path, among: names, help: "apus summary")
    }
    let saliency = Attribution.saliency(of: model.model, input, label: label)
    let invariance = TranslationInvariance(of: model.model, input, label: label, maximumShift: shift)
    return InspectionResult(
      inspection: self, maps: maps, filters: LearnedFilters.all(of: model.model), saliency: saliency, layer: path,
      heat: heat, invariance: invariance)
  }
}

/// What `apus inspect` found.
struct InspectionResult {
  let inspection: Inspection
  let maps: [FeatureMap]
  let filters: [LearnedFilters]
  /// `[height, width]`
  let saliency: Tensor
  /// Whose places `heat` has.
  let layer: String
  let heat: Tensor
  let invariance: TranslationInvariance

  func write(to directory: String) throws {
    for filter in filters {
      try Mosaic(filter, count: inspection.mapCount).image()
        .writePNG(to: "\(directory)/filters-\(filter.path).png")
    }
    // A layer that is called several times has a picture for each call.
    var calls: [String: Int] = [:]
    for map in maps {
      let number = calls[map.path, default: 1]
      calls[map.path] = number + 1
      try Mosaic(tiles: tiles(map), colors: .viridis, isSigned: false).image()
        .writePNG(to: "\(directory)/maps-\(map.path)\(number > 1 ? "-\(number)" : "").png")
    }
    try Mosaic(tiles: [saliency.rows], colors: .viridis, isSigned: false, tileSide: 224).image()
      .writePNG(to: "\(directory)/saliency.png")
    try overlay().writePNG(to: "\(directory)/grad-cam.png")
    try AtomicFile.write(figure.svg(), to: "\(directory)/translation.svg")
    try AtomicFile.write(json.serialized() + "\n", to: "\(directory)/inspection.json")
  }

  private func tiles(_ map: FeatureMap) -> [[[Double]]] {
    let values = map.values[0]
    return (0..<min(inspection.mapCount, values.shape[2])).map { values[TensorIndex.all, TensorIndex.all, $0].rows }
  }

  /// The heat on the picture, both at least 224 pixels wide.
  private func overlay() -> Image {
    let picture = inspection.picture
    let zoom = max(1, 224 / max(1, min(picture.width, picture.height)))
    let (width, height) = (picture.width * zoom, picture.height * zoom)
    let shape: Shape = [1, heat.shape[0], heat.shape[1], 1]
    let wide = heat.reshaped(to: shape).resized(to: [height, width], .linear).reshaped(to: [height, width])
    return Mosaic.overlay(wide.rows, on: picture.resized(width: width, height: height))
  }

  private var figure: Figure {
    let shifts = invariance.shifts.map(Double.init)
    let name = inspection.model.classNames[inspection.label]
    func plot(_ title: String, _ label: String, _ right: [Double], _ down: [Double]) -> Plot {
      Plot(
        title, x: Axis("moved by so many pixels"), y: Axis(label, domain: min(0, (right + down).min() ?? 0)...1.02),
        [
          Line(shifts, right, name: "to the right", style: .series(0)),
          Line(shifts, down, name: "down", style: .series(1)),
        ])
    }
    return Figure(
      "\(inspection.model.name): what moving the image changes", columns: 2,
      note: "Logits are compared by the cosine of their angle to those of the image as it was.", size: (1100, 440),
      [
        plot("Probability of \(name)", "probability", invariance.horizontal, invariance.vertical),
        plot(
          "Similarity of the logits", "cosine", invariance.horizontalSimilarity, invariance.verticalSimilarity),
      ])
  }

  private var json: JSONValue {
    func grid(_ x: Tensor) -> JSONValue { .array(x.rows.map { .numbers($0) }) }
    let classes = inspection.model.classNames
    let layers = maps.map { map -> JSONValue in
      [
        "layer": .string(map.path), "kind": .string(map.kind),
        "shape": .integers(Array(map.values.shape.dropFirst())),
        "means": .numbers(map.values.mean(axes: [0, 1, 2]).doubles()),
        "active_share": .number((map.values .> 0).cast(to: .float32).mean().item()),
      ]
    }
    return [
      "model": .string(inspection.model.name), "image": .string(inspection.imagePath),
      "class": .string(classes[inspection.label]),
      "probabilities": .object(JSONObject(zip(classes, inspection.probabilities).map { ($0, JSONValue.number($1)) })),
      "layers": .array(layers), "saliency": grid(saliency),
      "grad_cam": ["layer": .string(layer), "values": grid(heat)],
      "translation": [
        "shifts": .integers(invariance.shifts),
        "probability_right": .numbers(invariance.horizontal), "probability_down": .numbers(invariance.vertical),
        "cosine_right": .numbers(invariance.horizontalSimilarity),
        "cosine_down": .numbers(invariance.verticalSimilarity),
      ],
    ]
  }
}
