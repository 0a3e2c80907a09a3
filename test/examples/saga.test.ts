/** The example that books all or nothing. */
import { postJson, startExample } from "./example-server";

test("what was booked is cancelled in reverse order, and a trip that works out is kept", async () => {
  const server = await startExample("saga");
  const bookings = async (runId: unknown) => {
    const text = await (await fetch(`${server.url}/trips/${String(runId)}/bookings`)).text();
    const lines = text.trim().split("\n");
    return lines.map((line) => (JSON.parse(line) as string).replace(/(?: for Ada)?, .*/, ""));
  };
  const trip = (body: unknown) => postJson(`${server.url}/trips`, body);

  const booked = await trip({ traveller: "Ada" });
  expect(booked.json).toMatchObject({ status: "booked" });
  expect(await bookings(booked.json["runId"])).toEqual([
    ...["booked the flight", "booked the hotel", "booked the car"],
  ]);
  const undone = await trip({ traveller: "Ada", soldOut: "car" });
  expect(undone.json).toMatchObject({ status: "undone", because: "There is no car left" });
  expect(await bookings(undone.json["runId"])).toEqual([
    ...["booked the flight", "booked the hotel", "cancelled the hotel", "cancelled the flight"],
  ]);
  await server.stop();
});
