/** Copies of requests and responses. */
import { newRealm } from "./realm-script";

test("SG-13: a clone has headers of its own, and the body of what it was made of", () => {
  const cloned = `(() => {
    const one = new Response("body", { status: 201, headers: { a: "1" } });
    const other = one.clone();
    other.headers.set("a", "2");
    const request = new Request("http://h/a", { method: "PUT", body: "x" }).clone();
    return [one.headers.get("a"), other.headers.get("a"), other.status, other.body !== null,
      request.method, request.url, one.bodyUsed, other instanceof Response];
  })()`;
  expect(JSON.parse(newRealm().text(cloned))).toEqual([
    ...["1", "2", 201, true],
    ...["PUT", "http://h/a", false, true],
  ]);
});
