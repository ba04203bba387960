import { type Endpoint, expose } from "comlink";

/** A service behind a message channel, in place of one in a worker: what is sent is copied, and comes later. */
export class PortWorker extends EventTarget {
  readonly #page: MessagePort;
  readonly #worker: MessagePort;
  #listening = false;

  constructor(service: object) {
    super();
    const { port1, port2 } = new MessageChannel();
    this.#page = port1;
    this.#worker = port2;
    expose(service, port2 as Endpoint);
  }

  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
  ): void {
    super.addEventListener(type, listener);
    if (type !== "message" || this.#listening) return;
    this.#listening = true;
    this.#page.onmessage = ({ data }) => this.dispatchEvent(new MessageEvent("message", { data }));
  }

  postMessage(message: unknown, transfer: Transferable[] = []): void {
    this.#page.postMessage(message, transfer);
  }

  terminate(): void {
    this.#page.close();
    this.#worker.close();
  }
}
