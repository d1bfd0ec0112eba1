import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { settings } from '#server/config.ts';
import { eventually } from './chat-server.ts';
import { send } from './client.ts';
import { freePort } from './postgres.ts';
import { hasCompose, hasPromtool } from './programs.ts';
import { startServer } from './server.ts';

// It comes without types of its own.
const { loadAll } = createRequire(import.meta.url)('js-yaml') as { loadAll(text: string): unknown[] };

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'daesa-deploy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Container {
  environment?: Record<string, string>;
  env?: { name: string }[];
  startupProbe?: { httpGet: { path: string } };
  readinessProbe?: { httpGet: { path: string } };
  livenessProbe?: { httpGet: { path: string } };
}

interface Dashboard {
  panels: {
    id: number;
    gridPos: { x: number; y: number; w: number; h: number };
    targets: { expr: string }[];
  }[];
}

const documents = (path: string) => loadAll(readFileSync(join(root, 'deploy', path), 'utf8'));

function sizeOf(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

// Files are the same whatever the database is.
describe.runIf(inject('database') === 'sqlite')('deploy/', () => {
  const composed = ['docker/compose.yaml', 'docker/compose.scale.yaml'].flatMap(
    (path) => documents(path) as { services: Record<string, Container & { image: string }> }[],
  );
  const deployment = documents('kubernetes/deployment.yaml')[0] as {
    spec: { template: { spec: { containers: Container[] } } };
  };
  const pod = deployment.spec.template.spec.containers[0]!;

  test('sets nothing that the server does not know', () => {
    const services = composed.flatMap(({ services: named }) => Object.values(named));
    const own = services.filter(({ image }) => image === 'daesa');
    expect(own).toHaveLength(3);
    const names = [
      ...own.flatMap(({ environment = {} }) => Object.keys(environment)),
      ...pod.env!.map(({ name }) => name),
    ];
    const unknown = names.filter((name) => !(name.replace(/_FILE$/, '') in settings));
    expect(unknown).toEqual([]);
    // A secret is never a value in a file of ours.
    const secrets = new Set(['OPENAI_API_KEY', 'DATABASE_URL', 'METRICS_TOKEN']);
    expect(pod.env!.filter(({ name }) => secrets.has(name))).toEqual([]);
  });

  test('asks for health where the server has it, and watches figures that it gives', async () => {
    const server = await startServer();
    const probes = [pod.startupProbe!, pod.readinessProbe!, pod.livenessProbe!].map(({ httpGet }) => httpGet.path);
    for (const path of [...probes, '/metrics'])
      expect([path, (await send(server.url + path, 'GET')).status]).toEqual([path, 200]);
    const { body } = await send(`${server.url}/metrics`, 'GET');
    await server.close();
    const watched = ['monitoring/alerts.yaml', 'monitoring/grafana.json', 'kubernetes/scaling.yaml'].flatMap((path) =>
      readFileSync(join(root, 'deploy', path), 'utf8').match(/\b(daesa|nodejs|process)_[a-z_\d]+/g)!,
    );
    expect(watched.length).toBeGreaterThan(20);
    const given = (name: string) => body.includes(`# TYPE ${name.replace(/_bucket$/, '')} `);
    expect(watched.filter((name) => !given(name))).toEqual([]);
  });

  test.runIf(hasPromtool)('has alerts and a dashboard whose every question Prometheus understands', () => {
    const check = (file: string) => execFileSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
    expect(check(join(root, 'deploy/monitoring/alerts.yaml'))).toContain('SUCCESS: 7 rules found');
    const { panels } = JSON.parse(readFileSync(join(root, 'deploy/monitoring/grafana.json'), 'utf8')) as Dashboard;
    const asked = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    // A rule that keeps the answer is a question in a form that the checker reads.
    const rules = asked.map((expr, index) => ({ record: `asked_${index}`, expr }));
    const file = join(folder, 'dashboard.json');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    expect(check(file)).toContain(`SUCCESS: ${asked.length} rules found`);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    // 24 columns, and no panel on another.
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => [x + (cell % w), y + Math.floor(cell / w)]),
    );
    expect(cells.filter(([column]) => column! >= 24)).toEqual([]);
    expect(new Set(cells.map(String)).size).toBe(cells.length);
  });

  test.runIf(hasCompose)('is taken by docker-compose', () => {
    for (const path of ['compose.yaml', 'compose.scale.yaml']) {
      const env = { PATH: process.env.PATH, DAESA_HOST: 'daesa.example.org' };
      const args = ['-f', join(root, 'deploy/docker', path), 'config'];
      const { status, stdout, stderr } = spawnSync('docker-compose', args, { encoding: 'utf8', env });
      expect([path, status, stderr]).toEqual([path, 0, '']);
      expect(stdout).toContain('services:');
    }
  });

  test.runIf(spawnSync('kubectl', ['version', '--client']).status === 0)('is taken by kubectl', () => {
    const built = execFileSync('kubectl', ['kustomize', join(root, 'deploy/kubernetes')], { encoding: 'utf8' });
    const kinds = (loadAll(built) as { kind: string }[]).map(({ kind }) => kind);
    const expected = [
      'Deployment',
      'HorizontalPodAutoscaler',
      'Ingress',
      'Namespace',
      'PodDisruptionBudget',
      'Service',
    ];
    expect(kinds.toSorted()).toEqual(expected);
  });

  test.runIf(spawnSync('systemd-analyze', ['--version']).status === 0)('is taken by systemd', () => {
    const unit = readFileSync(join(root, 'deploy/systemd/daesa.service'), 'utf8');
    // It looks for the program, which this machine may have elsewhere.
    const file = join(folder, 'daesa.service');
    writeFileSync(file, unit.replace('/usr/bin/node', process.execPath));
    const { stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
    expect(stderr.split('\n').filter((line) => line.includes('daesa.service'))).toEqual([]);
  });

  test('puts into an image what a server needs to start, and not much more', { timeout: 180_000 }, async () => {
    execFileSync(process.execPath, ['scripts/run.mjs', 'build:package'], { cwd: root, stdio: 'ignore' });
    const image = join(folder, 'image');
    execFileSync(process.execPath, ['deploy/docker/runtime.mjs', image], { cwd: root });
    // node:24-alpine has 165 MB of the 250 that an image of ours may have.
    expect(sizeOf(image) / 1_048_576).toBeLessThan(85);
    const port = await freePort();
    const env = {
      PATH: process.env.PATH,
      PORT: String(port),
      DATA_DIR: join(folder, 'data'),
      LOCAL_PROVIDER: 'off',
      LOG_LEVEL: 'silent',
    };
    const child = spawn(process.execPath, ['dist/server/main.js'], { cwd: image, env, stdio: 'ignore' });
    const url = `http://127.0.0.1:${port}`;
    await eventually(() => send(`${url}/health`, 'GET').catch(() => undefined));
    for (const path of ['/docs', '/redoc/redoc.standalone.js', '/openapi.json', '/models']) {
      expect([path, (await send(url + path, 'GET')).status]).toEqual([path, path === '/models' ? 401 : 200]);
    }
    const body = { email: 'a@example.com', password: 'correct horse 7', nickname: 'a' };
    expect((await send(`${url}/accounts/join`, 'POST', body)).status).toBe(201);
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
  });
});
