import ApusCore
import CApusKernels

/// What a product may apply to its result before that leaves the registers or the cache.
enum Activation: Hashable {
  case none, relu, tanh, sigmoid, silu
  case gelu(isApproximate: Bool)

  var kernel: apus_activation {
    switch self {
    case .none: APUS_ACTIVATION_NONE
    case .relu: APUS_ACTIVATION_RELU
    case .tanh: APUS_ACTIVATION_TANH
    case .sigmoid: APUS_ACTIVATION_SIGMOID
    case .silu: APUS_ACTIVATION_SILU
    case .gelu(let isApproximate): isApproximate ? APUS_ACTIVATION_GELU_TANH : APUS_ACTIVATION_GELU
    }
  }

  /// The activation that a block is, if it is one that products may apply.
  init?(_ block: any Block) {
    switch block {
    case let gelu as GELU: self = .gelu(isApproximate: gelu.isApproximate)
    case is SiLU: self = .silu
    default: return nil
    }
  }

  fileprivate func applied(to x: Node) -> Node {
    switch self {
    case .none: x
    case .relu: x.binary(.maximum, 0)
    case .tanh: x.unary(.tanh)
    case .sigmoid: x.unary(.logistic)
    case .silu: .build(.block(AnyBlock(SiLU())), x)
    case .gelu(let isApproximate): .build(.block(AnyBlock(GELU(isApproximate: isApproximate))), x)
    }
  }
}

/// A product and what follows it: activation(product · scale + bias + residual).
///
/// Operands: those of the product, then those there are of the scale and the bias (vectors over the last axis) and the
/// residual (like the result). Results: the value, and where it is wanted the one before the activation.
struct FusedProduct: Hashable {
  /// `dotGeneral` or `convolution`.
  let product: Op
  /// What the second operand was before it was packed.
  var packed: TensorType?
  var hasScale = false
  var hasBias = false
  var hasResidual = false
  var activation = Activation.none
  var showsPreactivation = false

  init(_ product: Op) { self.product = product }

  /// What reads it as a profile shows it.
  var label: String {
    let parts: [String?] = [
      product.name, hasScale ? "scale" : nil, hasBias ? "bias" : nil, hasResidual ? "residual" : nil,
      activation == .none ? nil : "\(activation)",
    ]
    return parts.compactMap { $0 }.joined(separator: "+")
  }

}

/// It exists only between the passes of this backend and its kernels: nobody else can build one.
extension FusedProduct: Block {
  static let name = "fused_product"

  func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    let types = try product.resultTypes([operands[0], packed ?? operands[1]])
    return showsPreactivation ? types + types : types
  }

  func body(_ operands: [Node]) -> [Node] {
    precondition(packed == nil, "what is packed is no matrix")
    var rest = operands.dropFirst(2)
    var value = Node.build(product, operands[0], operands[1])
    let columns = [value.shape.rank - 1]
    if hasScale { value = value * rest.removeFirst().broadcast(to: value.shape, axes: columns) }
    if hasBias { value = value + rest.removeFirst().broadcast(to: value.shape, axes: columns) }
    if hasResidual { value = value + rest.removeFirst() }
    let result = activation.applied(to: value)
    return showsPreactivation ? [result, value] : [result]
  }
}
