// Plain routing: the router forwards by its best default route, and translates addresses as home routers do.
import type { Method } from '../method.ts';
import { levelGround } from './level-ground.ts';
import { kernelVersion } from './version.ts';

export const plain: Method = {
  name: 'plain',
  bonds: false,
  async start(lab) {
    await levelGround(lab);
    return { router: [], server: [], version: await kernelVersion() };
  },
};
