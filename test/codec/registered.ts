/** Classes and steps as programs register them, for the host and for the realm alike. */
const SERIALIZE = Symbol.for("workflow-serialize");
const DESERIALIZE = Symbol.for("workflow-deserialize");

export class Money {
  constructor(
    readonly amount: bigint,
    readonly currency: string,
  ) {}

  static [SERIALIZE](money: Money) {
    return [money.amount, money.currency];
  }

  static [DESERIALIZE]([amount, currency]: [bigint, string]) {
    return new this(amount, currency);
  }
}

/** Made by the methods that it inherits. */
export class Refund extends Money {}

export class Purse {
  constructor(readonly contents: Map<string, Money>) {}

  static [SERIALIZE](purse: Purse) {
    return { contents: purse.contents };
  }

  static [DESERIALIZE](data: { contents: Map<string, Money> }) {
    return new Purse(data.contents);
  }
}

/** A list and an error that travel as what they are. */
export class Basket extends Array<string> {
  static [SERIALIZE](basket: Basket) {
    return [...basket];
  }

  static [DESERIALIZE](items: string[]) {
    return Basket.from(items);
  }
}

export class Declined extends Error {
  constructor(readonly reason: string) {
    super(reason);
    Object.defineProperty(this, "stack", { value: "" });
  }

  static [SERIALIZE](error: Declined) {
    return error.reason;
  }

  static [DESERIALIZE](reason: string) {
    return new Declined(reason);
  }
}

/** The ids are those that the compiler gives. */
export const CLASSES: Record<string, new (...args: never[]) => object> = {
  "class//./test/codec/registered//Money": Money,
  "class//./test/codec/registered//Refund": Refund,
  "class//./test/codec/registered//Purse": Purse,
  "class//./test/codec/registered//Basket": Basket,
  "class//./test/codec/registered//Declined": Declined,
};

export const CHARGE = "step//./src/order//charge";

export const charge = Object.assign(async (amount: number) => amount, { stepId: CHARGE });
