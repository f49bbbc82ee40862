// A devnet of real processes in a directory of its own, on ports that the system chooses.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PROGRAM = process.env.PROGRAM;

export class Devnet {
  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), "coinage-browser-"));
    this.net = join(this.directory, "net");
    const start = ["--nodes", "4", "--slot", "500ms", "--base-port", "0", "--detach"];
    execFileSync(PROGRAM, ["devnet", "--dir", this.net, ...start], { stdio: "ignore" });
    const status = JSON.parse(this.steer("status", "--json"));
    this.ports = status.data.nodes.map((node) => new URL(node.api).port);
  }

  /** Where the pages of a node are. */
  page(node, path = "/") {
    return `http://localhost:${this.ports[node - 1]}${path}`;
  }

  /** What the API of a node answers. */
  async api(node, path) {
    const answer = await fetch(this.page(node, path));
    return answer.json();
  }

  /** A command of the devnet, such as `kill 1`. */
  steer(...words) {
    return execFileSync(PROGRAM, ["devnet", "--dir", this.net, ...words], { encoding: "utf8" });
  }

  /** A command to a node. */
  run(node, ...words) {
    const to = ["--node", `http://127.0.0.1:${this.ports[node - 1]}`, "--no-input", "-q"];
    const environment = { ...process.env, COINAGE_HOME: this.directory };
    const options = { encoding: "utf8", env: environment };
    return execFileSync(PROGRAM, [...to, ...words], options).trim();
  }

  /** Creates the token of a template, with somebody for its holder. */
  issue(node, template, holder) {
    const policy = join(this.directory, `${template}.policy`);
    writeFileSync(policy, this.run(node, "policy", "example", template, "--holder", holder));
    this.run(node, "token", "create", "--policy", policy, "--from", holder, "--wait", "final");
  }

  stop() {
    this.steer("stop");
    rmSync(this.directory, { recursive: true });
  }
}
