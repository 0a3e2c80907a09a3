import { nodeBinaries } from "../toolchain/install";
import { program, removePrograms, run } from "./program";

const everyNode = nodeBinaries();

afterAll(removePrograms);

const thrower = `
import { type Stats } from "node:fs";

interface Order {
  id: string;
  stats?: Stats;
}

export async function charge(order: Order): Promise<void> {
  "use step";

  const id: string = order.id;
  throw new Error("charge of " + id);
}

export class Ledger<T extends Order> {
  constructor(private readonly order: T) {}

  write(): never {
    throw new Error("ledger of " + this.order.id);
  }
}
`;

test.each(everyNode)(
  "stack traces show the source file and line, in both module systems ($version)",
  async ({ path }) => {
    for (const type of ["module", "commonjs"]) {
      const folder = program({
        "package.json": JSON.stringify({ name: "app", type }),
        "src/thrower.ts": thrower,
        "app.ts": `
          import { charge, Ledger } from "./src/thrower";
          type Nothing = undefined;
          void charge({ id: "a" }).catch((error: Error) => {
            console.log(error.stack);
            new Ledger({ id: "b" }).write();
          });`,
      });
      for (const attempt of ["cold", "warm"]) {
        const { code, stdout, stderr } = await run(folder, "app.ts", { node: path });
        expect({ attempt, code }).toEqual({ attempt, code: 1 });
        expect(stdout).toMatch(/at charge \(.*\/src\/thrower\.ts:13:9\)/);
        expect(stderr).toMatch(/at (?:Ledger\.)?write \(.*\/src\/thrower\.ts:20:11\)/);
        expect(stderr).toMatch(/\/app\.ts:6:/);
        expect(stderr).toContain(`throw new Error("ledger of " + this.order.id);`);
      }
    }
  },
);
