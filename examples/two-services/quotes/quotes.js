// What this service knows.
export const quotes = [
  { id: 1, topic: "courage", text: "Fortune favours the bold.", author: "Virgil" },
  { id: 2, topic: "courage", text: "He who is brave is free.", author: "Seneca" },
  { id: 3, topic: "time", text: "All things flow.", author: "Heraclitus" },
  { id: 4, topic: "time", text: "While we are postponing, life speeds by.", author: "Seneca" },
  { id: 5, topic: "learning", text: "I know that I know nothing.", author: "Socrates" },
  { id: 6, topic: "learning", text: "While we teach, we learn.", author: "Seneca" },
];

export const topics = [...new Set(quotes.map((quote) => quote.topic))];
