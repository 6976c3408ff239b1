// What the shop sells. Prices in cents.
export const goods = [
  { code: "assam", name: "Assam", about: "Strong and malty, for the morning.", price: 620 },
  { code: "sencha", name: "Sencha", about: "Green, grassy, two minutes at 70 °C.", price: 880 },
  { code: "rooibos", name: "Rooibos", about: "Red and mild, no caffeine.", price: 540 },
  { code: "oolong", name: "Oolong", about: "Half-way between green and black.", price: 960 },
];

export const find = (code) => goods.find((one) => one.code === code);

export const money = (cents) => `${(cents / 100).toFixed(2)} €`;
