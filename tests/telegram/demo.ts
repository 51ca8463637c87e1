// The demo: customers with different concerns and languages write one after another, and react to answers; two of them are
// answered by the staff in its group. Each story ends, so the demo stops writing.
import { prepare, verbs } from './customers.ts';
import type { Answer, Step, Story } from './demo-scripts.ts';
import { STAFF, STORIES } from './demo-scripts.ts';
import { createGroup } from './groups.ts';
import { samplePicture } from './samples.ts';
import type { Dict } from './errors.ts';
import type { Person, World, WorldEvent } from './world.ts';

/** A message of the bot that follows the customer's message within this time counts as an automatic greeting, not as an answer. */
const GREETING_MS = 3000;

const sleep = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000).unref());

class Actor {
  private readonly world: World;
  private readonly story: Story;
  private readonly person: Person;
  private startedAt = 0;
  private lastMessageId: number | undefined;
  private nextReply = 0;
  private busy = true;
  private heard = false;

  constructor(world: World, story: Story) {
    this.world = world;
    this.story = story;
    this.person = world.addPerson(story.customer);
    if (story.customer['photo']) {
      const picture = world.files.put('photo', samplePicture(this.person.id % 360, 320, 320));
      world.avatars.set(this.person.id, picture.media as Dict[]);
    }
    world.tell({ type: 'customer', customer: this.person });
  }

  async open(): Promise<void> {
    await this.play(this.story.opening);
    this.busy = false;
    this.react();
  }

  /** An answer during the opening counts, too: the customer replies after the opening. */
  hear(event: WorldEvent): void {
    if (event.type !== 'message' || event['chat'] !== this.person.id || !event['message'].from?.is_bot) return;
    if (this.world.now() - this.startedAt < GREETING_MS) return; // the bot's greeting
    this.heard = true;
    this.react();
  }

  private react(): void {
    const steps = this.story.replies[this.nextReply];
    if (!steps || this.busy || !this.heard) return;
    this.heard = false;
    this.nextReply++;
    this.busy = true;
    void this.play(steps).finally(() => {
      this.busy = false;
      this.react();
    });
  }

  private async play(steps: Step[]): Promise<void> {
    for (const step of steps) {
      await sleep(step.after);
      const body: Dict = { ...step.body };
      if (step.verb === 'edit') body['message_id'] = this.lastMessageId;
      try {
        const done = await verbs[step.verb]!(prepare(this.world, this.person, body));
        if (step.verb === 'start') this.startedAt = this.world.now();
        this.lastMessageId = done['message']?.message_id ?? this.lastMessageId;
      } catch (error) {
        // The story ends if the user of the page has blocked the bot or deleted the message meanwhile.
        console.error(`demo: ${this.person.first_name}: ${(error as Error).message}`);
        return;
      }
    }
  }
}

/** The staff answers by replying to the copies that the bot sends to the group. */
class Staff {
  private readonly world: World;
  private readonly people: Person[];
  private readonly waiting = new Set<Answer>(STAFF.answers);

  constructor(world: World) {
    this.world = world;
    this.people = STAFF.people.map((profile) => world.addPerson(profile));
    const bot = [...world.bots.values()][0]!.id;
    createGroup(world, { ...STAFF.group, type: 'supergroup', bot, bot_status: 'member', members: this.people.map((person) => person.id) });
  }

  hear(event: WorldEvent): void {
    if (event.type !== 'message' || event['chat'] !== STAFF.group.id || !event['message'].from?.is_bot) return;
    const text = String(event['message'].text ?? event['message'].caption ?? '');
    for (const answer of this.waiting) if (text.startsWith(answer.to)) void this.give(answer, event['message'].message_id);
  }

  private async give(answer: Answer, to: number): Promise<void> {
    this.waiting.delete(answer);
    await sleep(answer.after);
    const by = this.people.find((person) => person.first_name === answer.by)!;
    const body = { chat: STAFF.group.id, reply_to: to, text: answer.text };
    await Promise.resolve(verbs['text']!(prepare(this.world, by, body))).catch((error: Error) => console.error(`demo: ${by.first_name}: ${error.message}`));
  }
}

export function startDemo(world: World): void {
  const actors: { hear(event: WorldEvent): void }[] = [new Staff(world)];
  world.listen((event) => {
    for (const actor of actors) actor.hear(event);
  });
  for (const story of STORIES) {
    void sleep(story.at).then(() => {
      const actor = new Actor(world, story);
      actors.push(actor);
      return actor.open();
    });
  }
}
