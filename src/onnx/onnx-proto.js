// @ts-nocheck
// Generated from proto/onnx.proto: npm run generate.
/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

const $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error;

const $root = $protobuf.roots["onnx"] || ($protobuf.roots["onnx"] = {});

export const AttributeProto = $root.AttributeProto = (() => {

    const AttributeProto = function (properties) {
        this.ints = [];
        if (properties)
            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                    this[keys[i]] = properties[keys[i]];
    };

    AttributeProto.prototype.name = "";
    AttributeProto.prototype.f = 0;
    AttributeProto.prototype.i = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
    AttributeProto.prototype.s = $util.newBuffer([]);
    AttributeProto.prototype.ints = $util.emptyArray;
    AttributeProto.prototype.type = 0;

    AttributeProto.encode = function (message, writer, _depth) {
        if (!writer)
            writer = $Writer.create();
        if (_depth === $undefined)
            _depth = 0;
        if (_depth > $util.recursionLimit)
            throw $Error("max depth exceeded");
        if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
            writer.uint32(10).string(message.name);
        if (message.f != null && $Object.hasOwnProperty.call(message, "f"))
            writer.uint32(21).float(message.f);
        if (message.i != null && $Object.hasOwnProperty.call(message, "i"))
            writer.uint32(24).int64(message.i);
        if (message.s != null && $Object.hasOwnProperty.call(message, "s"))
            writer.uint32(34).bytes(message.s);
        if (message.ints != null && message.ints.length)
            for (let i = 0; i < message.ints.length; ++i)
                writer.uint32(64).int64(message.ints[i]);
        if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
            writer.uint32(160).int32(message.type);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
            for (let i = 0; i < message.$unknowns.length; ++i)
                writer.raw(message.$unknowns[i]);
        return writer;
    };

    return AttributeProto;
})();

export const NodeProto = $root.NodeProto = (() => {

    const NodeProto = function (properties) {
        this.input = [];
        this.output = [];
        this.attribute = [];
        if (properties)
            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                    this[keys[i]] = properties[keys[i]];
    };

    NodeProto.prototype.input = $util.emptyArray;
    NodeProto.prototype.output = $util.emptyArray;
    NodeProto.prototype.name = "";
    NodeProto.prototype.op_type = "";
    NodeProto.prototype.attribute = $util.emptyArray;
    NodeProto.prototype.domain = "";

    NodeProto.encode = function (message, writer, _depth) {
        if (!writer)
            writer = $Writer.create();
        if (_depth === $undefined)
            _depth = 0;
        if (_depth > $util.recursionLimit)
            throw $Error("max depth exceeded");
        if (message.input != null && message.input.length)
            for (let i = 0; i < message.input.length; ++i)
                writer.uint32(10).string(message.input[i]);
        if (message.output != null && message.output.length)
            for (let i = 0; i < message.output.length; ++i)
                writer.uint32(18).string(message.output[i]);
        if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
            writer.uint32(26).string(message.name);
        if (message.op_type != null && $Object.hasOwnProperty.call(message, "op_type"))
            writer.uint32(34).string(message.op_type);
        if (message.attribute != null && message.attribute.length)
            for (let i = 0; i < message.attribute.length; ++i)
                $root.AttributeProto.encode(message.attribute[i], writer.uint32(42).fork(), _depth + 1).ldelim();
        if (message.domain != null && $Object.hasOwnProperty.call(message, "domain"))
            writer.uint32(58).string(message.domain);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
            for (let i = 0; i < message.$unknowns.length; ++i)
                writer.raw(message.$unknowns[i]);
        return writer;
    };

    return NodeProto;
})();

export const TensorProto = $root.TensorProto = (() => {

    const TensorProto = function (properties) {
        this.dims = [];
        if (properties)
            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                    this[keys[i]] = properties[keys[i]];
    };

    TensorProto.prototype.dims = $util.emptyArray;
    TensorProto.prototype.data_type = 0;
    TensorProto.prototype.name = "";
    TensorProto.prototype.raw_data = $util.newBuffer([]);

    TensorProto.encode = function (message, writer, _depth) {
        if (!writer)
            writer = $Writer.create();
        if (_depth === $undefined)
            _depth = 0;
        if (_depth > $util.recursionLimit)
            throw $Error("max depth exceeded");
        if (message.dims != null && message.dims.length)
            for (let i = 0; i < message.dims.length; ++i)
                writer.uint32(8).int64(message.dims[i]);
        if (message.data_type != null && $Object.hasOwnProperty.call(message, "data_type"))
            writer.uint32(16).int32(message.data_type);
        if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
            writer.uint32(66).string(message.name);
        if (message.raw_data != null && $Object.hasOwnProperty.call(message, "raw_data"))
            writer.uint32(74).bytes(message.raw_data);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
            for (let i = 0; i < message.$unknowns.length; ++i)
                writer.raw(message.$unknowns[i]);
        return writer;
    };

    return TensorProto;
})();

export const Dimension = $root.Dimension = (() => {

    const Dimension = function (properties) {
        if (properties)
            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                    this[keys[i]] = properties[keys[i]];
    };

    Dimension.prototype.dim_value = null;
    Dimension.prototype.dim_param = null;

    let $oneOfFields;

    $Object.defineProperty(Dimension.prototype, "value", {
        get: $util.oneOfGetter($oneOfFields = ["dim_value", "dim_param"]),
        set: $util.oneOfSetter($oneOfFields)
    });

    Dimension.encode = function (message, writer, _depth) {
        if (!writer)
            writer = $Writer.create();
        if (_depth === $undefined)
            _depth = 0;
        if (_depth > $util.recursionLimit)
            throw $Error("max depth exceeded");
        if (message.dim_value != null && $Object.hasOwnProperty.call(message, "dim_value"))
            writer.uint32(8).int64(message.dim_value);
        if (message.dim_param != null && $Object.hasOwnProperty.call(message, "dim_param"))
            writer.uint32(18).string(message.dim_param);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
            for (let i = 0; i < message.$unknowns.length; ++i)
                writer.raw(message.$unknowns[i]);
        return writer;
    };

    return Dimension;
})();

export const TensorShapeProto = $root.TensorShapeProto = (() => {

    const TensorShapeProto = function (properties) {
        this.dim = [];
        if (properties)
            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                    this[keys[i]] = properties[keys[i]];
    };

    TensorShapeProto.prototype.dim = $util.emptyArray;

    TensorShapeProto.encode = function (message, writer, _depth) {
        if (!writer)
            writer = $Writer.create();
        if (_depth === $undefined)
            _depth = 0;
        if (_depth > $util.recursionLimit)
            throw $Error("max depth exceeded");
        if (message.dim != null && message.dim.length)
            for (let i = 0; i < message.dim.length; ++i)
                $root.Dimension.encode(message.dim[i], writer.uint32(10).fork(), _depth + 1).ldelim();
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
            for (let i = 0; i < message.$unknowns.length; ++i)
                writer.raw(message.$unknowns[i]);
        return writer;
    };

    return TensorShapeProto;
})();

export const TensorTypeProto = $root.TensorTypeProto = (() => {

    const TensorTypeProto = function (properties) {
        if (properties)
            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                    this[keys[i]] = properties[keys[i]];
    };

    TensorTypeProto.prototype.elem_type = 0;
    TensorTypeProto.prototype.shape = null;

    TensorTypeProto.encode = function (message, writer, _depth) {
        if (!writer)
            writer = $Writer.create();
        if (_depth === $undefined)
            _depth = 0;
        if (_depth > $util.recursionLimit)
            throw $Error("max depth exceeded");
        if (message.elem_type != null && $Object.hasOwnProperty.call(message, "elem_type"))
            writer.uint32(8).int32(message.elem_type);
        if (message.shape != null && $Object.hasOwnProperty.call(message, "shape"))
            $root.TensorShapeProto.encode(message.shape, writer.uint32(18).fork(), _depth + 1).ldelim();
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
            for (let i = 0; i < message.$unknowns.length; ++i)
                writer.raw(message.$unknowns[i]);
        return writer;
    };

    return TensorTypeProto;
})();

export const TypeProto = $root.TypeProto = (() => {

    const TypeProto = function (properties) {
        if (properties)
            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                    this[keys[i]] = properties[keys[i]];
    };

    TypeProto.prototype.tensor_type = null;

    TypeProto.encode = function (message, writer, _depth) {
        if (!writer)
            writer = $Writer.create();
        if (_depth === $undefined)
            _depth = 0;
        if (_depth > $util.recursionLimit)
            throw $Error("max depth exceeded");
        if (message.tensor_type != null && $Object.hasOwnProperty.call(message, "tensor_type"))
            $root.TensorTypeProto.encode(message.tensor_type, writer.uint32(10).fork(), _depth + 1).ldelim();
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
            for (let i = 0; i < message.$unknowns.length; ++i)
                writer.raw(message.$unknowns[i]);
        return writer;
    };

    return TypeProto;
})();

export const ValueInfoProto = $root.ValueInfoProto = (() => {

    const ValueInfoProto = function (properties) {
        if (properties)
            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                    this[keys[i]] = properties[keys[i]];
    };

    ValueInfoProto.prototype.name = "";
    ValueInfoProto.prototype.type = null;

    ValueInfoProto.encode = function (message, writer, _depth) {
        if (!writer)
            writer = $Writer.create();
        if (_depth === $undefined)
            _depth = 0;
        if (_depth > $util.recursionLimit)
            throw $Error("max depth exceeded");
        if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
            writer.uint32(10).string(message.name);
        if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
            $root.TypeProto.encode(message.type, writer.uint32(18).fork(), _depth + 1).ldelim();
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
            for (let i = 0; i < message.$unknowns.length; ++i)
                writer.raw(message.$unknowns[i]);
        return writer;
    };

    return ValueInfoProto;
})();

export const GraphProto = $root.GraphProto = (() => {

    const GraphProto = function (properties) {
        this.node = [];
        this.initializer = [];
        this.input = [];
        this.output = [];
        if (properties)
            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                    this[keys[i]] = properties[keys[i]];
    };

    GraphProto.prototype.node = $util.emptyArray;
    GraphProto.prototype.name = "";
    GraphProto.prototype.initializer = $util.emptyArray;
    GraphProto.prototype.input = $util.emptyArray;
    GraphProto.prototype.output = $util.emptyArray;

    GraphProto.encode = function (message, writer, _depth) {
        if (!writer)
            writer = $Writer.create();
        if (_depth === $undefined)
            _depth = 0;
        if (_depth > $util.recursionLimit)
            throw $Error("max depth exceeded");
        if (message.node != null && message.node.length)
            for (let i = 0; i < message.node.length; ++i)
                $root.NodeProto.encode(message.node[i], writer.uint32(10).fork(), _depth + 1).ldelim();
        if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
            writer.uint32(18).string(message.name);
        if (message.initializer != null && message.initializer.length)
            for (let i = 0; i < message.initializer.length; ++i)
                $root.TensorProto.encode(message.initializer[i], writer.uint32(42).fork(), _depth + 1).ldelim();
        if (message.input != null && message.input.length)
            for (let i = 0; i < message.input.length; ++i)
                $root.ValueInfoProto.encode(message.input[i], writer.uint32(90).fork(), _depth + 1).ldelim();
        if (message.output != null && message.output.length)
            for (let i = 0; i < message.output.length; ++i)
                $root.ValueInfoProto.encode(message.output[i], writer.uint32(98).fork(), _depth + 1).ldelim();
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
            for (let i = 0; i < message.$unknowns.length; ++i)
                writer.raw(message.$unknowns[i]);
        return writer;
    };

    return GraphProto;
})();

export const OperatorSetIdProto = $root.OperatorSetIdProto = (() => {

    const OperatorSetIdProto = function (properties) {
        if (properties)
            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                    this[keys[i]] = properties[keys[i]];
    };

    OperatorSetIdProto.prototype.domain = "";
    OperatorSetIdProto.prototype.version = $util.Long ? $util.Long.fromBits(0,0,false) : 0;

    OperatorSetIdProto.encode = function (message, writer, _depth) {
        if (!writer)
            writer = $Writer.create();
        if (_depth === $undefined)
            _depth = 0;
        if (_depth > $util.recursionLimit)
            throw $Error("max depth exceeded");
        if (message.domain != null && $Object.hasOwnProperty.call(message, "domain"))
            writer.uint32(10).string(message.domain);
        if (message.version != null && $Object.hasOwnProperty.call(message, "version"))
            writer.uint32(16).int64(message.version);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
            for (let i = 0; i < message.$unknowns.length; ++i)
                writer.raw(message.$unknowns[i]);
        return writer;
    };

    return OperatorSetIdProto;
})();

export const StringStringEntryProto = $root.StringStringEntryProto = (() => {

    const StringStringEntryProto = function (properties) {
        if (properties)
            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                    this[keys[i]] = properties[keys[i]];
    };

    StringStringEntryProto.prototype.key = "";
    StringStringEntryProto.prototype.value = "";

    StringStringEntryProto.encode = function (message, writer, _depth) {
        if (!writer)
            writer = $Writer.create();
        if (_depth === $undefined)
            _depth = 0;
        if (_depth > $util.recursionLimit)
            throw $Error("max depth exceeded");
        if (message.key != null && $Object.hasOwnProperty.call(message, "key"))
            writer.uint32(10).string(message.key);
        if (message.value != null && $Object.hasOwnProperty.call(message, "value"))
            writer.uint32(18).string(message.value);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
            for (let i = 0; i < message.$unknowns.length; ++i)
                writer.raw(message.$unknowns[i]);
        return writer;
    };

    return StringStringEntryProto;
})();

export const ModelProto = $root.ModelProto = (() => {

    const ModelProto = function (properties) {
        this.opset_import = [];
        this.metadata_props = [];
        if (properties)
            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                    this[keys[i]] = properties[keys[i]];
    };

    ModelProto.prototype.ir_version = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
    ModelProto.prototype.producer_name = "";
    ModelProto.prototype.graph = null;
    ModelProto.prototype.opset_import = $util.emptyArray;
    ModelProto.prototype.metadata_props = $util.emptyArray;

    ModelProto.encode = function (message, writer, _depth) {
        if (!writer)
            writer = $Writer.create();
        if (_depth === $undefined)
            _depth = 0;
        if (_depth > $util.recursionLimit)
            throw $Error("max depth exceeded");
        if (message.ir_version != null && $Object.hasOwnProperty.call(message, "ir_version"))
            writer.uint32(8).int64(message.ir_version);
        if (message.producer_name != null && $Object.hasOwnProperty.call(message, "producer_name"))
            writer.uint32(18).string(message.producer_name);
        if (message.graph != null && $Object.hasOwnProperty.call(message, "graph"))
            $root.GraphProto.encode(message.graph, writer.uint32(58).fork(), _depth + 1).ldelim();
        if (message.opset_import != null && message.opset_import.length)
            for (let i = 0; i < message.opset_import.length; ++i)
                $root.OperatorSetIdProto.encode(message.opset_import[i], writer.uint32(66).fork(), _depth + 1).ldelim();
        if (message.metadata_props != null && message.metadata_props.length)
            for (let i = 0; i < message.metadata_props.length; ++i)
                $root.StringStringEntryProto.encode(message.metadata_props[i], writer.uint32(114).fork(), _depth + 1).ldelim();
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
            for (let i = 0; i < message.$unknowns.length; ++i)
                writer.raw(message.$unknowns[i]);
        return writer;
    };

    return ModelProto;
})();

export {
  $root as default
};
