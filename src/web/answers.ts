import { type ErrorCode, ItamlError, type Problem } from "../base/errors.js";

/** An error as a message carries it: of an object's class nothing would arrive. */
interface SentError {
  readonly name: string;
  readonly message: string;
  readonly itaml?: {
    readonly code: ErrorCode;
    readonly summary: string;
    readonly problem: Problem;
  };
}

/** What a worker gives back: a value, or what was thrown. */
export type Answer<T> = { readonly value: T } | { readonly error: SentError };

/** Does work in a worker, and makes an answer of what it gives or throws. */
export async function answer<T>(work: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: sent(error) };
  }
}

/**
 * The value of an answer.
 *
 * @throws what was thrown in the worker; an {@link ItamlError} as one
 */
export async function unwrap<T>(answered: Promise<Answer<T>>): Promise<T> {
  const received = await answered;
  if (!("error" in received)) return received.value;
  const { name, message, itaml } = received.error;
  throw itaml
    ? new ItamlError(itaml.code, itaml.summary, itaml.problem)
    : Object.assign(new Error(message), { name });
}

function sent(error: unknown): SentError {
  if (error instanceof ItamlError) {
    const { name, message, code, summary, problem } = error;
    return { name, message, itaml: { code, summary, problem } };
  }
  if (error instanceof Error) return { name: error.name, message: error.message };
  return { name: "Error", message: String(error) };
}
