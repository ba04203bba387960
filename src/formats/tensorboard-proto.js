// @ts-nocheck
// Generated from proto/tensorboard.proto: npm run generate.
/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

const $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error;

const $root = $protobuf.roots["tensorboard"] || ($protobuf.roots["tensorboard"] = {});

export const Value = $root.Value = (() => {

    const Value = function (properties) {
        if (properties)
            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                    this[keys[i]] = properties[keys[i]];
    };

    Value.prototype.tag = "";
    Value.prototype.simple_value = 0;

    Value.encode = function (message, writer, _depth) {
        if (!writer)
            writer = $Writer.create();
        if (_depth === $undefined)
            _depth = 0;
        if (_depth > $util.recursionLimit)
            throw $Error("max depth exceeded");
        if (message.tag != null && $Object.hasOwnProperty.call(message, "tag"))
            writer.uint32(10).string(message.tag);
        if (message.simple_value != null && $Object.hasOwnProperty.call(message, "simple_value"))
            writer.uint32(21).float(message.simple_value);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
            for (let i = 0; i < message.$unknowns.length; ++i)
                writer.raw(message.$unknowns[i]);
        return writer;
    };

    return Value;
})();

export const Summary = $root.Summary = (() => {

    const Summary = function (properties) {
        this.value = [];
        if (properties)
            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                    this[keys[i]] = properties[keys[i]];
    };

    Summary.prototype.value = $util.emptyArray;

    Summary.encode = function (message, writer, _depth) {
        if (!writer)
            writer = $Writer.create();
        if (_depth === $undefined)
            _depth = 0;
        if (_depth > $util.recursionLimit)
            throw $Error("max depth exceeded");
        if (message.value != null && message.value.length)
            for (let i = 0; i < message.value.length; ++i)
                $root.Value.encode(message.value[i], writer.uint32(10).fork(), _depth + 1).ldelim();
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
            for (let i = 0; i < message.$unknowns.length; ++i)
                writer.raw(message.$unknowns[i]);
        return writer;
    };

    return Summary;
})();

export const Event = $root.Event = (() => {

    const Event = function (properties) {
        if (properties)
            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                    this[keys[i]] = properties[keys[i]];
    };

    Event.prototype.wall_time = 0;
    Event.prototype.step = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
    Event.prototype.file_version = null;
    Event.prototype.summary = null;

    let $oneOfFields;

    $Object.defineProperty(Event.prototype, "what", {
        get: $util.oneOfGetter($oneOfFields = ["file_version", "summary"]),
        set: $util.oneOfSetter($oneOfFields)
    });

    Event.encode = function (message, writer, _depth) {
        if (!writer)
            writer = $Writer.create();
        if (_depth === $undefined)
            _depth = 0;
        if (_depth > $util.recursionLimit)
            throw $Error("max depth exceeded");
        if (message.wall_time != null && $Object.hasOwnProperty.call(message, "wall_time"))
            writer.uint32(9).double(message.wall_time);
        if (message.step != null && $Object.hasOwnProperty.call(message, "step"))
            writer.uint32(16).int64(message.step);
        if (message.file_version != null && $Object.hasOwnProperty.call(message, "file_version"))
            writer.uint32(26).string(message.file_version);
        if (message.summary != null && $Object.hasOwnProperty.call(message, "summary"))
            $root.Summary.encode(message.summary, writer.uint32(42).fork(), _depth + 1).ldelim();
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
            for (let i = 0; i < message.$unknowns.length; ++i)
                writer.raw(message.$unknowns[i]);
        return writer;
    };

    return Event;
})();

export {
  $root as default
};
