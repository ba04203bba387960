/** A function that makes its value once for each object, and keeps it as long as the object lives. */
export function oncePer<Of extends WeakKey, Made>(make: (of: Of) => Made): (of: Of) => Made {
  const made = new WeakMap<Of, { value: Made }>();
  return (of) => {
    let kept = made.get(of);
    if (!kept) {
      kept = { value: make(of) };
      made.set(of, kept);
    }
    return kept.value;
  };
}
