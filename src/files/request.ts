import { getProxyForUrl } from "proxy-from-env";
import { Agent, type Dispatcher, ProxyAgent, request } from "undici";

/** Redirections that are followed. */
const MAXIMUM_REDIRECTIONS = 5;

export type Response = Pick<Dispatcher.ResponseData, "statusCode" | "body"> & {
  readonly contentLength: number | undefined;
};

/**
 * Asks for a file over https, or http from this machine itself, and follows redirections to such addresses. The proxies of
 * the environment are used (HTTPS_PROXY, HTTP_PROXY, NO_PROXY, in small letters too). The bytes are as they are sent: a
 * packed file comes packed, whatever the server calls that.
 *
 * @param start the first byte that is wanted
 */
export async function requestFile(
  url: string,
  { start, signal }: { start: number; signal?: AbortSignal | undefined },
): Promise<Response> {
  let address = new URL(url);
  for (let followed = 0; followed <= MAXIMUM_REDIRECTIONS; followed++) {
    const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(address.hostname);
    if (address.protocol !== "https:" && !(address.protocol === "http:" && isLocal)) {
      throw new Error(`${address.href} is not https`);
    }
    const proxy = getProxyForUrl(address.href);
    const dispatcher = proxy ? new ProxyAgent(proxy) : new Agent();
    const { statusCode, headers, body } = await request(address, {
      dispatcher,
      signal,
      headers: {
        "user-agent": "itaml",
        "accept-encoding": "identity",
        ...(start > 0 && { range: `bytes=${start}-` }),
      },
    }).finally(() => {
      // Once the body is read.
      dispatcher.close(() => {});
    });
    const { location, "content-length": length } = headers;
    if (statusCode < 300 || statusCode >= 400 || typeof location !== "string") {
      const contentLength = typeof length === "string" ? Number(length) : undefined;
      return { statusCode, body, contentLength };
    }
    await body.dump();
    address = new URL(location, address);
  }
  throw new Error(`more than ${MAXIMUM_REDIRECTIONS} redirections`);
}
