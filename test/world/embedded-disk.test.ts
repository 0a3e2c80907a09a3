/** The embedded world and its folder: disks that are full, folders that are none, many old runs (J4, J5, J9). */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { createEmbeddedWorld } from "../../embedded-world";
import { usualFolder } from "../../embedded-world/usual-folder";
import { createRun } from "../../lib/conformance/check";
import { tempProject } from "../build/temp-project";
import { openApp, runOf, startOf } from "../engine/test-app";

const SOURCE = `
export async function grow(text) { "use step"; return text + text; }
export async function grows(times) {
  "use workflow";
  let text = "x".repeat(1000);
  for (let n = 0; n < times; n++) text = (await grow(text)).slice(0, 2000);
  return text.length;
}`;

interface WithDatabase {
  runs: { database: { sql(text: string): { get(): Record<string, number> } } };
}

/** As if the disk had room for so many pages more. */
function leaveRoom(world: object, pages: number | null): void {
  const { database } = (world as WithDatabase).runs;
  const used = database.sql("PRAGMA page_count").get()["page_count"]!;
  const most = pages === null ? 1_000_000_000 : used + pages;
  database.sql(`PRAGMA max_page_count = ${most}`).get();
}

test("J9: a full disk is a typed error at the call, and changes nothing", async () => {
  const world = createEmbeddedWorld({ dataDir: path.join(tempProject({}), "data") });
  await createRun(world);
  leaveRoom(world, 0);
  const before = (await world.runs.list({})).data.length;
  await expect(world.bundles.put("big", "x".repeat(1e6))).rejects.toMatchObject({
    code: "STORAGE_FAILED",
    message: expect.stringContaining("full") as string,
  });
  expect(await world.bundles.get("big")).toBeNull();
  leaveRoom(world, null);
  await createRun(world);
  expect((await world.runs.list({})).data).toHaveLength(before + 1);
  await world.close();
});

test("E7: runs that met a full disk go on when there is room again", async () => {
  const app = await openApp(SOURCE);
  expect(await runOf(app, "grows", 1)).toBe(2000);
  leaveRoom(app.world, 12);
  const run = await startOf(app, "grows", 60);
  while (!app.said.some((line) => line.includes("The world could not store"))) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(await run.status).toBe("running");
  leaveRoom(app.world, null);
  expect(await run.returnValue).toBe(2000);
  await app.stop();
});

test.each([
  ["below a file", (root: string) => path.join(root, "package.json/data")],
  ["where no folder can be made", () => "/sys/everstep"],
])("C464: a folder %s is refused when the world is made", (_name, folderOf) => {
  const dataDir = folderOf(tempProject({}));
  expect(() => createEmbeddedWorld({ dataDir })).toThrow(
    expect.objectContaining({ code: "DATA_FOLDER_UNUSABLE" }) as Error,
  );
});

test("J4: tests and development have folders of their own", () => {
  expect(usualFolder({})).toBe(".workflow-data");
  expect(usualFolder({ NODE_ENV: "test" })).toBe(path.join(".workflow-data", "test"));
  expect(usualFolder({ NODE_ENV: "test", JEST_WORKER_ID: "2" })).toBe(
    path.join(".workflow-data", "test-2"),
  );
  expect(usualFolder({ NODE_ENV: "test", WORKFLOW_EMBEDDED_DATA_DIR: "/x" })).toBe("/x");
});

test("the folder keeps itself out of version control", async () => {
  const dataDir = path.join(tempProject({}), "deep/data");
  const world = createEmbeddedWorld({ dataDir });
  expect(readFileSync(path.join(dataDir, ".gitignore"), "utf8")).toBe("*\n");
  expect(existsSync(path.join(dataDir, "everstep.db"))).toBe(true);
  await world.close();
});

test("a world that was closed says so", async () => {
  const world = createEmbeddedWorld({ dataDir: path.join(tempProject({}), "data") });
  await world.close();
  await world.close();
  await expect(world.runs.get("x")).rejects.toMatchObject({ code: "WORLD_CLOSED" });
});
