// Does what the lines of its input say and tells of it in lines: ["done", id, value], ["refused", id, code, sentence],
// ["message", …], ["error", …].
import org.json.JSONArray
import org.json.JSONObject
import java.io.File

fun tell(vararg what: Any?) = synchronized(System.out) { println(JSONArray(what.asList())) }

fun perform(chat: Chat, name: String, arguments: JSONObject): Any? = when (name) {
    "open" -> chat.open(arguments.getString("userName")).let { null }
    "older" -> JSONArray(chat.older(arguments.getLong("id")))
    "send" -> {
        val paths = arguments.getJSONArray("photos")
        chat.send(arguments.getString("text"), (0 until paths.length()).map { File(paths.getString(it)) }, arguments.getString("clientId"))
    }
    "read" -> chat.read().let { null }
    "registerDevice" -> chat.registerDevice(arguments.getString("fcmToken"), arguments.getString("deviceId")).let { null }
    "close" -> chat.close().let { null }
    else -> error("unknown: $name")
}

fun main(arguments: Array<String>) {
    val (desk, appKey, userId) = arguments
    val chat = Chat(desk, appKey, userId, onMessage = { tell("message", it) }, onError = { tell("error", it) })
    for (line in generateSequence(::readLine)) {
        val asked = JSONArray(line)
        val id = asked.getInt(0)
        try {
            tell("done", id, perform(chat, asked.getString(1), asked.getJSONObject(2)))
        } catch (e: ChatRefused) {
            tell("refused", id, e.code, e.message)
        }
    }
    chat.close()
    kotlin.system.exitProcess(0)
}
