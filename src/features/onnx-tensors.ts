import protobuf from "protobufjs/minimal.js";

const { Reader, Writer } = protobuf;

/** Numbers of the fields in onnx.proto. */
const [GRAPH, NODE, NODE_OUTPUT, OUTPUT, VALUE_NAME] = [7, 1, 2, 12, 1];
/** Wire type of what has a length. */
const DELIMITED = 2;

/** One field of a message. */
export interface Field {
  readonly number: number;
  /** Of what has a length; a number otherwise. */
  readonly content: Uint8Array | number;
  /** All of it as it stands in the message. */
  readonly raw: Uint8Array;
}

/** The names of all tensors that a model's nodes compute, in their order; an error where it is no model. */
export function computedTensors(model: Uint8Array): string[] {
  return contents(model, GRAPH).flatMap((graph) =>
    contents(graph, NODE).flatMap((node) => contents(node, NODE_OUTPUT).map(textOf)),
  );
}

/**
 * The model with another tensor among its outputs: parts of a protobuf message that come later add to the earlier ones, so
 * that this is a few bytes at its end.
 */
export function withOutput(model: Uint8Array, name: string): Uint8Array {
  const value = encoded(VALUE_NAME, new TextEncoder().encode(name));
  return Buffer.concat([model, encoded(GRAPH, encoded(OUTPUT, value))]);
}

/** The fields of a message in their order. */
export function fieldsOf(message: Uint8Array): Field[] {
  const reader = Reader.create(message);
  const found: Field[] = [];
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const tag = reader.uint32();
    const [number, type] = [tag >>> 3, tag & 7];
    let content: Uint8Array | number = 0;
    if (type === DELIMITED) content = reader.bytes();
    else if (type === 0) content = Number(reader.int64());
    else reader.skipType(type);
    found.push({ number, content, raw: message.subarray(start, reader.pos) });
  }
  return found;
}

/** What stands in a field that has a length, each time that it is there. */
export function contents(message: Uint8Array, field: number): Uint8Array[] {
  return fieldsOf(message).flatMap(({ number, content }) =>
    number === field && typeof content !== "number" ? [content] : [],
  );
}

/** A field that has a length. */
export function encoded(field: number, content: Uint8Array): Uint8Array {
  return new Writer()
    .uint32((field << 3) | DELIMITED)
    .bytes(content)
    .finish();
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
