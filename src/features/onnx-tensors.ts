import protobuf from "protobufjs/minimal.js";

const { Reader, Writer } = protobuf;

/** Numbers of the fields in onnx.proto. */
const [GRAPH, NODE, NODE_OUTPUT, OUTPUT, VALUE_NAME] = [7, 1, 2, 12, 1];
/** Wire type of what has a length. */
const DELIMITED = 2;

/** The names of all tensors that a model's nodes compute, in their order; an error where it is no model. */
export function computedTensors(model: Uint8Array): string[] {
  return fields(model, GRAPH).flatMap((graph) =>
    fields(graph, NODE).flatMap((node) =>
      fields(node, NODE_OUTPUT).map((name) => new TextDecoder().decode(name)),
    ),
  );
}

/**
 * The model with another tensor among its outputs: parts of a protobuf message that come later add to the earlier ones, so
 * that this is a few bytes at its end.
 */
export function withOutput(model: Uint8Array, name: string): Uint8Array {
  const delimited = (field: number) => (field << 3) | DELIMITED;
  const value = new Writer().uint32(delimited(VALUE_NAME)).string(name).finish();
  const graph = new Writer().uint32(delimited(OUTPUT)).bytes(value).finish();
  return Buffer.concat([model, new Writer().uint32(delimited(GRAPH)).bytes(graph).finish()]);
}

/** What stands in a field of a message, each time that it is there. */
function fields(message: Uint8Array, field: number): Uint8Array[] {
  const reader = Reader.create(message);
  const found: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === ((field << 3) | DELIMITED)) found.push(reader.bytes());
    else reader.skipType(tag & 7);
  }
  return found;
}
