type Request = Partial<Record<"onsuccess" | "oncomplete" | "onabort", () => void>> & {
  result?: unknown;
  error?: DOMException;
};

/** What is used of IndexedDB, in memory. */
export class MemoryDatabase {
  /** By the database's name and the key. */
  readonly stored = new Map<string, unknown>();
  /** Nothing more can be written. */
  full = false;
  /** The browser lets the page keep nothing. */
  blocked = false;

  open(name: string): Request {
    if (this.blocked)
      return done({ error: new DOMException("denied by the user", "UnknownError") });
    return done({ result: { transaction: () => this.#transaction(name) } });
  }

  #transaction(name: string) {
    const key = (own: string) => `${name}/${own}`;
    const transaction: Request = {};
    const write = (change: () => void) => {
      if (this.full) {
        transaction.error = new DOMException("the quota was exceeded", "QuotaExceededError");
      } else change();
      done(transaction);
    };
    const store = {
      transaction,
      get: (own: string) => done({ result: structuredClone(this.stored.get(key(own))) }),
      put: (value: unknown, own: string) =>
        write(() => this.stored.set(key(own), structuredClone(value))),
      delete: (own: string) => write(() => this.stored.delete(key(own))),
    };
    return { objectStore: () => store };
  }
}

/** Says so when who asked has said what to call. */
function done(request: Request): Request {
  queueMicrotask(() => {
    if (request.error) request.onabort?.();
    else (request.onsuccess ?? request.oncomplete)?.();
  });
  return request;
}
